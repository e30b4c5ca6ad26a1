// VMware "Virtual Disk Format 5.0": a descriptor (a text) names extents; sparse extents hold grains behind
// two levels of tables, in streamOptimized ones each grain is deflated behind a marker.
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr uint64_t kSector = 512;
constexpr uint64_t kAtEnd = UINT64_MAX;  // gdOffset of a stream: the footer has the real one
constexpr size_t kMaxDescriptor = 64 * 1024;
constexpr size_t kMaxExtents = 4096;

enum Flag : uint32_t { kZeroGrains = 1 << 2, kCompressed = 1 << 16 };

Error damaged(std::string what) {
  return {"the VMDK image is damaged: " + std::move(what), ""};
}

struct SparseHeader {
  uint32_t flags;
  uint64_t capacity, grain, descriptor_at, descriptor_size, directory, overhead;
  uint32_t entries_per_table;
  uint16_t compression;
};

bool is_sparse(const ByteView& view) {
  return view.starts_with("KDMV");
}

SparseHeader sparse_header(const ByteView& view) {
  return {view.le32(8),  view.le64(12), view.le64(20), view.le64(28), view.le64(36),
          view.le64(56), view.le64(64), view.le32(44), view.le16(77)};
}

// The sectors of grains by their number in the disk.
using Grains = std::map<uint64_t, uint64_t>;

// A sparse extent: grain directory -> grain table -> grain. Of a stream that was cut `found` says where the
// grains are; those behind the last one are lost.
class SparseExtent : public BlockDevice {
 public:
  // One of `extents`, which share the memory for what is kept of them.
  SparseExtent(BlockDevicePtr file, const SparseHeader& header, size_t extents,
               std::optional<Grains> found = std::nullopt)
      : file_(std::move(file)),
        tables_(file_, kTablePages / std::max<size_t>(1, extents)),
        header_(header),
        grain_bytes_(header.grain * kSector),
        found_(std::move(found)),
        unpacked_(grain_bytes_, extents) {}

  uint64_t size() const override { return header_.capacity * kSector; }

  // What of the disk the extent says it holds and has no more, because the file was cut.
  std::vector<ByteRange> lost() const {
    std::vector<ByteRange> lost;
    const auto lose = [&](uint64_t start, uint64_t length) {
      if (start < size()) append_range(lost, {start, std::min(length, size() - start)});
    };
    if (found_) {
      lose(behind_the_last(), UINT64_MAX / 2);
      return lost;
    }
    if (at_end_) return lost;  // its footer is there, and so is all before it
    constexpr uint64_t kMostOfTables = uint64_t{64} << 20;
    const uint64_t table_bytes = uint64_t{header_.entries_per_table} * 4;
    const uint64_t covered = grain_bytes_ * header_.entries_per_table;
    uint64_t last_at = 0, last_number = 0;  // of the packed grain next to the end of the file
    for (uint64_t i = 0; i * covered < size() && i * table_bytes < kMostOfTables; ++i) {
      const auto table = entry(header_.directory, i);
      if (table && *table == 0) continue;
      // The table itself may be cut: what is there of it counts.
      const uint64_t there = file_->present();
      const uint64_t place = table ? *table * kSector : UINT64_MAX;
      const uint64_t length = place < there ? std::min(table_bytes, there - place) : 0;
      const auto raw = length > 0 ? file_->read(place, static_cast<size_t>(length))
                                  : Result<std::vector<std::byte>>(Error{});
      const uint64_t entries = raw ? length / 4 : 0;
      lose(i * covered + entries * grain_bytes_, covered - entries * grain_bytes_);
      if (!raw) continue;
      const ByteView view{Bytes(*raw)};
      for (uint64_t n = 0; n < entries; ++n) {
        const uint64_t at = view.le32(n * 4) * kSector;
        if (at <= kSector) continue;  // nowhere, or zeros
        const uint64_t start = i * covered + n * grain_bytes_;
        const bool packed = (header_.flags & kCompressed) != 0;
        if (packed ? at + 12 > there : at >= there)
          lose(start, grain_bytes_);
        else if (packed && at > last_at)
          last_at = at, last_number = i * header_.entries_per_table + n;
        else if (!packed && at + grain_bytes_ > there)
          lose(start + (there - at), grain_bytes_ - (there - at));
      }
    }
    // Only that one can be there in part.
    if (last_at != 0 && !unpack(last_at / kSector)) lose(last_number * grain_bytes_, grain_bytes_);
    join_ranges(lost);
    return lost;
  }
  void found_by_footer() { at_end_ = true; }

  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset > size() || into.size() > size() - offset)
      return Error{"byte " + std::to_string(offset) + " is beyond the disk's end", ""};
    while (!into.empty()) {
      const uint64_t skip = offset % grain_bytes_;
      const size_t length = std::min<uint64_t>(into.size(), grain_bytes_ - skip);
      if (auto done = read_grain(offset / grain_bytes_, skip, into.first(length)); !done)
        return done;
      offset += length;
      into = into.subspan(length);
    }
    return {};
  }

 private:
  Result<void> read_grain(uint64_t number, uint64_t skip, std::span<std::byte> into) const {
    const auto place = sector_of(number);
    if (!place) return place.error();
    const uint64_t sector = *place;
    if (sector == 0 || (sector == 1 && (header_.flags & kZeroGrains))) {
      std::ranges::fill(into, std::byte{0});
      return {};
    }
    if (!(header_.flags & kCompressed)) return file_->read(sector * kSector + skip, into);
    const std::vector<std::byte>* grain = unpacked_.find(sector);
    if (!grain) {
      auto unpacked = unpack(sector);
      if (!unpacked) return unpacked.error();
      grain = &unpacked_.put(sector, std::move(unpacked).value());
    }
    std::copy_n(grain->begin() + static_cast<std::ptrdiff_t>(skip), into.size(), into.begin());
    return {};
  }

  uint64_t behind_the_last() const {
    return found_->empty() ? 0 : (found_->rbegin()->first + 1) * grain_bytes_;
  }

  // The sector of a grain; 0 and, by a flag, 1: zeros.
  Result<uint64_t> sector_of(uint64_t number) const {
    if (found_) {
      if (const auto grain = found_->find(number); grain != found_->end()) return grain->second;
      if (number * grain_bytes_ < behind_the_last()) return uint64_t{0};
      return Error{"the VMDK stream was cut before this place", ""};
    }
    const auto table = entry(header_.directory, number / header_.entries_per_table);
    if (!table) return table.error();
    if (*table == 0) return uint64_t{0};
    const auto grain = entry(*table, number % header_.entries_per_table);
    if (!grain) return grain.error();
    return uint64_t{*grain};
  }

  Result<uint32_t> entry(uint64_t table_sector, uint64_t index) const {
    std::byte raw[4];
    const auto table = checked_mul(table_sector, kSector);
    const auto at = table ? checked_add(*table, index * 4) : std::nullopt;
    if (!at || !tables_.read(*at, std::span(raw)))
      return damaged("a grain table lies beyond the end of the file");
    return ByteView{Bytes(raw)}.le32(0);
  }

  // A grain marker: the first sector it holds, the length of the zlib stream behind it.
  Result<std::vector<std::byte>> unpack(uint64_t sector) const {
    std::byte marker[12];
    if (!file_->read(sector * kSector, std::span(marker)))
      return damaged("a grain lies beyond the end of the file");
    const uint32_t length = ByteView{Bytes(marker)}.le32(8);
    if (length == 0 || length > 2 * grain_bytes_ + 4096)
      return damaged("the length of a compressed grain");
    const auto packed = file_->read(sector * kSector + 12, size_t{length});
    if (!packed) return damaged("a grain lies beyond the end of the file");
    std::vector<std::byte> grain(grain_bytes_);
    uLongf size = grain.size();
    const int status = uncompress(reinterpret_cast<Bytef*>(grain.data()), &size,
                                  reinterpret_cast<const Bytef*>(packed->data()), packed->size());
    if (status != Z_OK) return damaged("the compressed grain at sector " + std::to_string(sector));
    return grain;
  }

  BlockDevicePtr file_;
  CachedDevice tables_;
  SparseHeader header_;
  uint64_t grain_bytes_;
  std::optional<Grains> found_;
  bool at_end_ = false;  // the directory was found by the footer
  mutable UnpackedBlocks unpacked_;
};

// The grains of a stream in the order of the file, from marker to marker (section "Stream-Optimized
// Compressed Sparse Extents"): first sector, length of the data, and when that is 0 what follows instead.
Grains walk_stream(const BlockDevice& file, const SparseHeader& header) {
  enum Marker : uint32_t { kEndOfStream = 0 };
  constexpr size_t kMaxGrains = 4'000'000;
  Grains grains;
  const uint64_t there = file.present();
  for (uint64_t sector = header.overhead; sector < there / kSector && grains.size() < kMaxGrains;) {
    std::byte raw[16];
    if (!file.read(sector * kSector, std::span(raw))) break;
    const ByteView marker{Bytes(raw)};
    const uint64_t value = marker.le64(0);
    const uint32_t length = marker.le32(8);
    if (length == 0) {
      if (marker.le32(12) == kEndOfStream || value > there / kSector) break;
      sector += 1 + value;
      continue;
    }
    if (length > there || sector * kSector + 12 > there - length) break;
    if (value % header.grain != 0 || value >= header.capacity) break;
    grains[value / header.grain] = sector;
    sector += (12 + uint64_t{length} + kSector - 1) / kSector;
  }
  return grains;
}

Result<std::shared_ptr<SparseExtent>> open_sparse(const BlockDevicePtr& file, size_t extents) {
  std::byte raw[kSector];
  if (!file->read(0, std::span(raw)) || !is_sparse(ByteView{Bytes(raw)}))
    return damaged("an extent is no sparse extent");
  SparseHeader header = sparse_header(ByteView{Bytes(raw)});
  const bool stream = header.directory == kAtEnd;
  bool has_footer = false;
  if (stream && file->size() >= 3 * kSector) {
    // The footer is the header again, in the last sector but one (behind it the end-of-stream marker).
    has_footer = file->read(file->size() - 2 * kSector, std::span(raw)).ok() &&
                 is_sparse(ByteView{Bytes(raw)});
    if (has_footer) header = sparse_header(ByteView{Bytes(raw)});
  }
  if (header.grain == 0 || header.grain > 65536 || (header.grain & (header.grain - 1)) != 0 ||
      header.entries_per_table == 0 || header.entries_per_table > 65536 ||
      header.capacity > (uint64_t{1} << 50))
    return damaged("its header");
  if ((header.flags & kCompressed) && header.compression != 1)
    return damaged("its compression is not known");
  if (stream && !has_footer)
    return std::make_shared<SparseExtent>(file, header, extents, walk_stream(*file, header));
  auto extent = std::make_shared<SparseExtent>(file, header, extents);
  if (stream) extent->found_by_footer();
  return extent;
}

struct Extent {
  uint64_t sectors = 0;
  std::string type, file;
  uint64_t offset = 0;
};

struct Descriptor {
  std::string create_type;
  bool has_parent = false;
  std::vector<Extent> extents;
};

std::string_view next_word(std::string_view& rest) {
  const size_t begin = rest.find_first_not_of(" \t");
  if (begin == rest.npos) return rest = {};
  rest.remove_prefix(begin);
  const bool quoted = rest.front() == '"';
  const size_t end = quoted ? rest.find('"', 1) : rest.find_first_of(" \t");
  std::string_view word =
      rest.substr(quoted ? 1 : 0, end == rest.npos ? rest.npos : end - (quoted ? 1 : 0));
  rest = end == rest.npos ? std::string_view{} : rest.substr(end + (quoted ? 1 : 0));
  return word;
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Descriptor parse_descriptor(std::string_view text) {
  Descriptor out;
  text = text.substr(0, text.find('\0'));
  while (!text.empty() && out.extents.size() < kMaxExtents) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("createType")) {
      const size_t quote = line.find('"');
      if (quote != line.npos)
        out.create_type = line.substr(quote + 1, line.find('"', quote + 1) - quote - 1);
    } else if (line.starts_with("parentCID")) {
      out.has_parent = line.find("ffffffff") == line.npos;
    } else if (line.starts_with("RW ") || line.starts_with("RDONLY ") ||
               line.starts_with("NOACCESS ")) {
      std::string_view rest = line;
      next_word(rest);
      Extent extent;
      extent.sectors = number(next_word(rest));
      extent.type = next_word(rest);
      extent.file = next_word(rest);
      extent.offset = number(next_word(rest));
      out.extents.push_back(std::move(extent));
    }
  }
  return out;
}

Result<Disk> open_described(const Descriptor& descriptor, const OpenBeside& beside) {
  std::vector<BlockDevicePtr> parts;
  std::vector<std::string> notes;
  std::vector<ByteRange> missing;
  std::map<std::string, BlockDevicePtr> files;  // flat extents may share one
  uint64_t start = 0;
  for (const Extent& extent : descriptor.extents) {
    if (extent.sectors > (uint64_t{1} << 50)) return damaged("the size of an extent");
    const uint64_t bytes = extent.sectors * kSector;
    if (start + bytes > (uint64_t{1} << 60)) return damaged("a disk of more than 2^60 bytes");
    if (extent.type == "ZERO") {
      parts.push_back(std::make_shared<ZeroDevice>(bytes));
      start += bytes;
      continue;
    }
    if (extent.type != "FLAT" && extent.type != "VMFS" && extent.type != "SPARSE")
      return Error{"the VMDK image has an extent of type " + extent.type.substr(0, 40) +
                       ", which is not read",
                   ""};
    BlockDevicePtr& file = files[extent.file];
    if (!file) {
      auto opened = beside(extent.file);
      if (!opened) return opened.error();
      file = std::move(opened).value();
      notes.push_back("the extent '" + extent.file + "' was read");
    }
    if (extent.type == "SPARSE") {
      auto sparse = open_sparse(file, descriptor.extents.size());
      if (!sparse) return sparse.error();
      for (const ByteRange& range : (*sparse)->lost())
        if (range.offset < bytes)
          append_range(missing,
                       {start + range.offset, std::min(range.length, bytes - range.offset)});
      parts.push_back(std::make_shared<SliceDevice>(*sparse, 0, bytes));
    } else {
      if (extent.offset > (uint64_t{1} << 50)) return damaged("the place of an extent");
      const auto flat = std::make_shared<SliceDevice>(file, extent.offset * kSector, bytes);
      append_range(missing, {start + flat->present(), bytes - flat->present()});
      parts.push_back(flat);
    }
    start += bytes;
  }
  if (parts.empty()) return damaged("its descriptor names no extent");
  return Disk{.device = std::make_shared<ConcatDevice>(std::move(parts)),
              .format = "VMDK " + descriptor.create_type,
              .notes = std::move(notes),
              .missing = std::move(missing)};
}

}  // namespace

ContainerResult open_vmdk(const BlockDevicePtr& file, const OpenBeside& beside) {
  std::byte raw[kSector];
  const size_t head = std::min<uint64_t>(file->size(), kSector);
  if (head < 4 || !file->read(0, std::span(raw).first(head))) return std::nullopt;
  const ByteView view{Bytes(raw).first(head)};
  if (view.starts_with("COWD"))
    return Error{"the VMDK image is an ESX redo log, which is not read", ""};
  if (view.starts_with("# Disk DescriptorFile")) {
    const auto text =
        file->read(0, static_cast<size_t>(std::min<uint64_t>(file->size(), kMaxDescriptor)));
    if (!text) return text.error();
    const Descriptor descriptor = parse_descriptor(ByteView{Bytes(*text)}.text(0, text->size()));
    if (descriptor.has_parent)
      return Error{"the VMDK image is a differencing disk: its parent was not named", ""};
    return open_described(descriptor, beside);
  }
  if (!is_sparse(view)) return std::nullopt;
  const SparseHeader header = sparse_header(view);
  Descriptor descriptor;
  if (header.descriptor_at != 0 && header.descriptor_size != 0 &&
      header.descriptor_size <= kMaxDescriptor / kSector) {
    const auto text = file->read(header.descriptor_at * kSector,
                                 static_cast<size_t>(header.descriptor_size * kSector));
    if (!text) return damaged("its descriptor is beyond the end");
    descriptor = parse_descriptor(ByteView{Bytes(*text)}.text(0, text->size()));
  }
  if (descriptor.has_parent)
    return Error{"the VMDK image is a differencing disk: its parent was not named", ""};
  auto sparse = open_sparse(file, 1);
  if (!sparse) return sparse.error();
  const std::string kind = descriptor.create_type.empty() ? "sparse" : descriptor.create_type;
  auto lost = (*sparse)->lost();
  return Disk{
      .device = std::move(sparse).value(), .format = "VMDK " + kind, .missing = std::move(lost)};
}

}  // namespace drydock
