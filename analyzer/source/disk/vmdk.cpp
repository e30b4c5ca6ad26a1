// VMware "Virtual Disk Format 5.0": a descriptor (a text) names extents; sparse extents hold grains behind
// two levels of tables, in streamOptimized ones each grain is deflated behind a marker.
#include <zlib.h>

#include <algorithm>
#include <charconv>

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
  uint64_t capacity, grain, descriptor_at, descriptor_size, directory;
  uint32_t entries_per_table;
  uint16_t compression;
};

bool is_sparse(const ByteView& view) {
  return view.starts_with("KDMV");
}

SparseHeader sparse_header(const ByteView& view) {
  return {view.le32(8),  view.le64(12), view.le64(20), view.le64(28),
          view.le64(36), view.le64(56), view.le32(44), view.le16(77)};
}

// A sparse extent: grain directory -> grain table -> grain.
class SparseExtent : public BlockDevice {
 public:
  SparseExtent(BlockDevicePtr file, const SparseHeader& header)
      : file_(std::move(file)), header_(header), grain_bytes_(header.grain * kSector) {}

  uint64_t size() const override { return header_.capacity * kSector; }

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
    const auto table = entry(header_.directory, number / header_.entries_per_table);
    if (!table) return table.error();
    uint64_t sector = 0;
    if (*table != 0) {
      const auto grain = entry(*table, number % header_.entries_per_table);
      if (!grain) return grain.error();
      sector = *grain;
    }
    if (sector == 0 || (sector == 1 && (header_.flags & kZeroGrains))) {
      std::ranges::fill(into, std::byte{0});
      return {};
    }
    if (!(header_.flags & kCompressed)) return file_->read(sector * kSector + skip, into);
    if (decoded_sector_ != sector) {
      if (auto done = decode(sector); !done) return done;
    }
    std::copy_n(decoded_.begin() + static_cast<std::ptrdiff_t>(skip), into.size(), into.begin());
    return {};
  }

  Result<uint32_t> entry(uint64_t table_sector, uint64_t index) const {
    std::byte raw[4];
    const auto table = checked_mul(table_sector, kSector);
    const auto at = table ? checked_add(*table, index * 4) : std::nullopt;
    if (!at || !file_->read(*at, std::span(raw)))
      return damaged("a grain table lies beyond the end of the file");
    return ByteView{Bytes(raw)}.le32(0);
  }

  // A grain marker: the first sector it holds, the length of the zlib stream behind it.
  Result<void> decode(uint64_t sector) const {
    std::byte marker[12];
    if (!file_->read(sector * kSector, std::span(marker)))
      return damaged("a grain lies beyond the end of the file");
    const uint32_t length = ByteView{Bytes(marker)}.le32(8);
    if (length == 0 || length > 2 * grain_bytes_ + 4096)
      return damaged("the length of a compressed grain");
    const auto packed = file_->read(sector * kSector + 12, size_t{length});
    if (!packed) return damaged("a grain lies beyond the end of the file");
    decoded_.assign(grain_bytes_, std::byte{0});
    decoded_sector_ = 0;
    uLongf size = decoded_.size();
    const int status = uncompress(reinterpret_cast<Bytef*>(decoded_.data()), &size,
                                  reinterpret_cast<const Bytef*>(packed->data()), packed->size());
    if (status != Z_OK) return damaged("the compressed grain at sector " + std::to_string(sector));
    decoded_sector_ = sector;
    return {};
  }

  BlockDevicePtr file_;
  SparseHeader header_;
  uint64_t grain_bytes_;
  mutable std::vector<std::byte> decoded_;
  mutable uint64_t decoded_sector_ = 0;
};

Result<BlockDevicePtr> open_sparse(const BlockDevicePtr& file) {
  std::byte raw[kSector];
  if (!file->read(0, std::span(raw)) || !is_sparse(ByteView{Bytes(raw)}))
    return damaged("an extent is no sparse extent");
  SparseHeader header = sparse_header(ByteView{Bytes(raw)});
  if (header.directory == kAtEnd) {
    // The footer is the header again, in the last sector but one (behind it the end-of-stream marker).
    if (file->size() < 3 * kSector) return damaged("it is cut short");
    if (!file->read(file->size() - 2 * kSector, std::span(raw)) || !is_sparse(ByteView{Bytes(raw)}))
      return Error{"the VMDK stream has no footer: it is cut short", ""};
    header = sparse_header(ByteView{Bytes(raw)});
  }
  if (header.grain == 0 || header.grain > 65536 || (header.grain & (header.grain - 1)) != 0 ||
      header.entries_per_table == 0 || header.entries_per_table > 65536 ||
      header.capacity > (uint64_t{1} << 50))
    return damaged("its header");
  if ((header.flags & kCompressed) && header.compression != 1)
    return damaged("its compression is not known");
  return BlockDevicePtr(std::make_shared<SparseExtent>(file, header));
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
  for (const Extent& extent : descriptor.extents) {
    if (extent.sectors > (uint64_t{1} << 50)) return damaged("the size of an extent");
    const uint64_t bytes = extent.sectors * kSector;
    if (extent.type == "ZERO") {
      parts.push_back(std::make_shared<ZeroDevice>(bytes));
      continue;
    }
    auto file = beside(extent.file);
    if (!file) return file.error();
    notes.push_back("the extent '" + extent.file + "' was read");
    if (extent.type == "FLAT" || extent.type == "VMFS") {
      parts.push_back(std::make_shared<SliceDevice>(*file, extent.offset * kSector, bytes));
    } else if (extent.type == "SPARSE") {
      auto sparse = open_sparse(*file);
      if (!sparse) return sparse.error();
      parts.push_back(std::make_shared<SliceDevice>(*sparse, 0, bytes));
    } else {
      return Error{"the VMDK image has an extent of type " + extent.type + ", which is not read",
                   ""};
    }
  }
  if (parts.empty()) return damaged("its descriptor names no extent");
  return Disk{std::make_shared<ConcatDevice>(std::move(parts)), "VMDK " + descriptor.create_type,
              std::move(notes)};
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
  auto sparse = open_sparse(file);
  if (!sparse) return sparse.error();
  const std::string kind = descriptor.create_type.empty() ? "sparse" : descriptor.create_type;
  return Disk{std::move(sparse).value(), "VMDK " + kind, {}};
}

}  // namespace drydock
