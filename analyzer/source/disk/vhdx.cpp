// [MS-VHDX] "Virtual Hard Disk v2 (VHDX) File Format". A file that was not closed has a log; its entries are
// laid over the file in memory before anything else is read.
#include <ext2fs/ext2fs.h>  // crc32c

#include <algorithm>
#include <map>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr size_t kLogSector = 4096;
constexpr uint32_t kMaxLog = 64u << 20;
constexpr size_t kMaxLogUpdates = 100'000;

using Guid = std::string_view;
// In the mixed-endian form of the file.
constexpr Guid kBatRegion{"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08", 16};
constexpr Guid kMetadataRegion{"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e",
                               16};
constexpr Guid kFileParameters{"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b",
                               16};
constexpr Guid kDiskSize{"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8", 16};
constexpr Guid kSectorSize{"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f", 16};

enum BlockState : uint64_t { kUndefined = 1, kZero = 2, kUnmapped = 3, kPresent = 6, kPartial = 7 };

Error damaged(std::string what) {
  return {"the VHDX image is damaged: " + std::move(what), ""};
}

// CRC-32C over a structure whose checksum, four bytes at 4, counts as zero.
bool checksum_is_right(Bytes bytes) {
  static constexpr unsigned char kZeros[4]{};
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  uint32_t crc = ext2fs_crc32c_le(~0u, data, 4);
  crc = ext2fs_crc32c_le(crc, kZeros, 4);
  crc = ext2fs_crc32c_le(crc, data + 8, bytes.size() - 8);
  return ~crc == ByteView{bytes}.le32(4);
}

struct Header {
  uint64_t sequence = 0;
  std::string log_guid;
  uint32_t log_length = 0;
  uint64_t log_offset = 0;
  bool has_log() const { return log_guid.find_first_not_of('\0') != std::string::npos; }
};

// The newer of the two headers whose checksum is right.
std::optional<Header> read_header(const BlockDevice& file) {
  std::optional<Header> best;
  for (const uint64_t at : {64 * 1024, 128 * 1024}) {
    const auto raw = file.read(at, size_t{4096});
    if (!raw) continue;
    const ByteView view{Bytes(*raw)};
    if (!view.starts_with("head") || !checksum_is_right(Bytes(*raw))) continue;
    Header header{view.le64(8), std::string(view.text(48, 16)), view.le32(68), view.le64(72)};
    if (!best || header.sequence > best->sequence) best = header;
  }
  return best;
}

// The file with some of its 4 KiB sectors replaced by the log's.
class LoggedFile : public BlockDevice {
 public:
  LoggedFile(BlockDevicePtr file, std::map<uint64_t, std::vector<std::byte>> sectors)
      : file_(std::move(file)), sectors_(std::move(sectors)) {
    if (!sectors_.empty()) after_log_ = (sectors_.rbegin()->first + 1) * kLogSector;
    size_ = std::max(file_->size(), after_log_);
  }
  uint64_t size() const override { return size_; }
  uint64_t present() const override { return std::max(file_->present(), after_log_); }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    while (!into.empty()) {
      const uint64_t number = offset / kLogSector, skip = offset % kLogSector;
      const size_t length = std::min<uint64_t>(into.size(), kLogSector - skip);
      const auto newer = sectors_.find(number);
      if (newer == sectors_.end()) {
        if (auto done = file_->read(offset, into.first(length)); !done) return done;
      } else {
        std::copy_n(newer->second.begin() + static_cast<std::ptrdiff_t>(skip), length,
                    into.begin());
      }
      offset += length;
      into = into.subspan(length);
    }
    return {};
  }

 private:
  BlockDevicePtr file_;
  std::map<uint64_t, std::vector<std::byte>> sectors_;
  uint64_t after_log_ = 0;  // behind the last byte that the log has
  uint64_t size_ = 0;
};

// The log, section 2.3: a ring of entries; the active sequence is the newest run of valid entries with rising
// numbers whose last entry's tail is the run's first.
class Log {
 public:
  Log(const BlockDevice& file, const Header& header) : file_(file), header_(header) {}

  Result<std::map<uint64_t, std::vector<std::byte>>> replay() {
    if (header_.log_length == 0 || header_.log_length > kMaxLog ||
        header_.log_length % kLogSector != 0)
      return damaged("the length of its log");
    if (!file_.read(header_.log_offset, size_t{1})) return damaged("its log is beyond the end");
    const auto raw = file_.read(header_.log_offset, size_t{header_.log_length});
    if (!raw) return damaged("its log is cut short");
    ring_ = *raw;
    std::vector<uint32_t> best;
    uint64_t best_sequence = 0;
    for (uint32_t start = 0; start < ring_.size(); start += kLogSector) {
      std::vector<uint32_t> run;
      uint64_t expected = 0;
      uint32_t tail = 0;
      for (uint32_t at = start; run.size() < ring_.size() / kLogSector;) {
        const auto entry = entry_at(at);
        if (!entry || (expected != 0 && entry->sequence != expected)) break;
        run.push_back(at);
        expected = entry->sequence + 1;
        tail = entry->tail;
        at = static_cast<uint32_t>((at + entry->length) % ring_.size());
      }
      if (!run.empty() && tail == run.front() && expected > best_sequence)
        best = run, best_sequence = expected;
    }
    if (best.empty()) return damaged("its log has no valid sequence, and it was not closed");
    for (const uint32_t at : best) apply(at);
    if (sectors_.size() > kMaxLogUpdates) return damaged("its log is too large");
    return std::move(sectors_);
  }

 private:
  struct Entry {
    uint32_t length, tail, descriptors;
    uint64_t sequence;
  };

  // The entry's bytes, unrolled from the ring.
  std::vector<std::byte> unrolled(uint32_t at, uint32_t length) const {
    std::vector<std::byte> out(length);
    for (uint32_t i = 0; i < length; ++i) out[i] = ring_[(at + i) % ring_.size()];
    return out;
  }

  std::optional<Entry> entry_at(uint32_t at) const {
    const ByteView view{Bytes(ring_).subspan(at)};
    if (!view.starts_with("loge") || view.text(32, 16) != header_.log_guid) return std::nullopt;
    const Entry entry{view.le32(8), view.le32(12), view.le32(24), view.le64(16)};
    if (entry.length == 0 || entry.length % kLogSector != 0 || entry.length > ring_.size() ||
        entry.sequence == 0 || 64 + uint64_t{entry.descriptors} * 32 > entry.length)
      return std::nullopt;
    if (!checksum_is_right(Bytes(unrolled(at, entry.length)))) return std::nullopt;
    return entry;
  }

  void apply(uint32_t at) {
    const auto entry = entry_at(at);
    if (!entry) return;
    const std::vector<std::byte> bytes = unrolled(at, entry->length);
    const ByteView view{Bytes(bytes)};
    size_t data = (64 + size_t{entry->descriptors} * 32 + kLogSector - 1) / kLogSector * kLogSector;
    for (uint32_t i = 0; i < entry->descriptors; ++i) {
      const size_t place = 64 + size_t{i} * 32;
      const uint64_t target = view.le64(place + 16) / kLogSector;
      if (view.starts_with("zero", place)) {
        const uint64_t count =
            std::min<uint64_t>(view.le64(place + 8) / kLogSector, kMaxLogUpdates);
        for (uint64_t n = 0; n < count && sectors_.size() <= kMaxLogUpdates; ++n)
          sectors_[target + n].assign(kLogSector, std::byte{0});
      } else if (view.starts_with("desc", place) && view.has(data, kLogSector)) {
        // The first eight and the last four bytes stand in the descriptor; in the data sector their place is
        // taken by its signature and the sequence number.
        std::vector<std::byte> sector(
            bytes.begin() + static_cast<std::ptrdiff_t>(data),
            bytes.begin() + static_cast<std::ptrdiff_t>(data + kLogSector));
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(place + 8), 8, sector.begin());
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(place + 4), 4, sector.end() - 4);
        sectors_[target] = std::move(sector);
        data += kLogSector;
      }
    }
  }

  const BlockDevice& file_;
  const Header& header_;
  std::vector<std::byte> ring_;
  std::map<uint64_t, std::vector<std::byte>> sectors_;
};

struct Regions {
  uint64_t bat = 0, metadata = 0;
  uint32_t bat_length = 0, metadata_length = 0;
};

std::optional<Regions> read_regions(const BlockDevice& file) {
  for (const uint64_t at : {192 * 1024, 256 * 1024}) {
    const auto raw = file.read(at, size_t{64 * 1024});
    if (!raw) continue;
    const ByteView view{Bytes(*raw)};
    if (!view.starts_with("regi") || !checksum_is_right(Bytes(*raw))) continue;
    Regions regions;
    const uint32_t count = std::min(view.le32(8), 2047u);
    for (uint32_t i = 0; i < count; ++i) {
      const size_t entry = 16 + size_t{i} * 32;
      const std::string_view id = view.text(entry, 16);
      if (id == kBatRegion)
        regions.bat = view.le64(entry + 16), regions.bat_length = view.le32(entry + 24);
      if (id == kMetadataRegion)
        regions.metadata = view.le64(entry + 16), regions.metadata_length = view.le32(entry + 24);
    }
    if (regions.bat != 0 && regions.metadata != 0) return regions;
  }
  return std::nullopt;
}

struct Metadata {
  uint32_t block_size = 0, flags = 0, sector_size = 0;
  uint64_t disk_size = 0;
};

std::optional<Metadata> read_metadata(const BlockDevice& file, const Regions& regions) {
  const auto raw = file.read(regions.metadata, size_t{64 * 1024});
  if (!raw) return std::nullopt;
  const ByteView view{Bytes(*raw)};
  if (!view.starts_with("metadata")) return std::nullopt;
  Metadata out;
  const uint16_t count = std::min<uint16_t>(view.le16(10), 2047);
  for (uint16_t i = 0; i < count; ++i) {
    const size_t entry = 32 + size_t{i} * 32;
    const std::string_view id = view.text(entry, 16);
    std::byte item[8]{};
    const uint32_t length = std::min(view.le32(entry + 20), 8u);
    if (!file.read(regions.metadata + view.le32(entry + 16), std::span(item).first(length)))
      continue;
    const ByteView value{Bytes(item)};
    if (id == kFileParameters) out.block_size = value.le32(0), out.flags = value.le32(4);
    if (id == kDiskSize) out.disk_size = value.le64(0);
    if (id == kSectorSize) out.sector_size = value.le32(0);
  }
  return out;
}

}  // namespace

ContainerResult open_vhdx(const BlockDevicePtr& file) {
  std::byte magic[8];
  if (!file->read(0, std::span(magic)) || !ByteView{Bytes(magic)}.starts_with("vhdxfile"))
    return std::nullopt;
  const auto header = read_header(*file);
  if (!header) return damaged("neither of its headers is valid");
  BlockDevicePtr whole = file;
  std::vector<std::string> notes;
  if (header->has_log()) {
    auto sectors = Log(*file, *header).replay();
    if (!sectors) return sectors.error();
    notes.push_back("its log was replayed in memory: " + std::to_string(sectors->size()) +
                    " sectors");
    whole = std::make_shared<LoggedFile>(file, std::move(sectors).value());
  }
  const auto regions = read_regions(*whole);
  if (!regions) return damaged("its region table");
  const auto metadata = read_metadata(*whole, *regions);
  if (!metadata) return damaged("its metadata");
  if (metadata->flags & 2)
    return Error{"the VHDX image is a differencing disk: its parent was not named",
                 "merge it first"};
  const uint64_t block = metadata->block_size;
  const bool sectors_known = metadata->sector_size == 512 || metadata->sector_size == 4096;
  if (block < kMiB || block > 256 * kMiB || (block & (block - 1)) != 0 || !sectors_known ||
      metadata->disk_size > (uint64_t{1} << 50))
    return damaged("its metadata");
  // Behind each chunk's payload entries stands one for a sector bitmap, which only differencing disks use.
  const uint64_t ratio = (uint64_t{1} << 23) * metadata->sector_size / block;
  const uint64_t blocks = (metadata->disk_size + block - 1) / block;
  if (regions->bat > (uint64_t{1} << 60) || (blocks + blocks / ratio) * 8 > regions->bat_length)
    return damaged("its block table is too short");
  BlockTable table{.format = "VHDX",
                   .offset = regions->bat,
                   .width = 8,
                   .every = ratio,
                   .block_size = block,
                   .disk_size = metadata->disk_size};
  table.place = [](const ByteView& raw) -> Result<std::optional<uint64_t>> {
    const uint64_t entry = raw.le64(0);
    switch (entry & 7) {
      case kPresent:
        return std::optional<uint64_t>(entry >> 20 << 20);
      case kPartial:
        return damaged("a block of a differencing disk");
      default:
        return std::optional<uint64_t>();
    }
  };
  auto lost = lost_blocks(*whole, table);
  return Disk{.device = std::make_shared<BlockMapDevice>(whole, std::move(table)),
              .format = "VHDX",
              .notes = std::move(notes),
              .missing = std::move(lost)};
}

}  // namespace drydock
