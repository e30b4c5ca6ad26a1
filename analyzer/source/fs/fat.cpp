// FAT12/16/32 with long names: Microsoft "FAT: General Overview of On-Disk Format" 1.03. What an ESP is.
#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>

#include "analyzer/base/utf8.h"
#include "analyzer/source/fs/file_system.h"

namespace drydock {
namespace {

constexpr size_t kMaxEntries = 65536;  // of one directory: 2 MiB of 32-byte entries
constexpr uint64_t kMaxDirectoryBytes = kMaxEntries * 32;
constexpr uint64_t kMinLinks = 1'000'000;  // followed in any volume, however small

enum Attribute : uint8_t { kVolumeLabel = 0x08, kDirectory = 0x10, kLongName = 0x0F };

struct Geometry {
  uint32_t cluster_bytes = 0;
  uint64_t fat_start = 0, fat_bytes = 0;
  uint64_t root_start = 0, root_bytes = 0;  // FAT12/16
  uint64_t data_start = 0;
  uint32_t root_cluster = 0;  // FAT32
  uint32_t clusters = 0;
  uint64_t bytes = 0;  // of the whole file system
  int bits = 0;
};

// An inode is the byte position of its directory entry; the root is 0 (no entry can lie there).
struct Node {
  uint32_t first_cluster;
  uint32_t size;
  int64_t mtime;
  bool is_directory;
};

std::optional<Geometry> read_geometry(const BlockDevice& volume) {
  std::byte raw[512];
  if (!volume.read(0, std::span(raw))) return std::nullopt;
  const ByteView boot{Bytes(raw)};
  const uint8_t jump = boot.u8(0);
  if (boot.le16(510) != 0xAA55 || (jump != 0xEB && jump != 0xE9)) return std::nullopt;
  const uint32_t sector = boot.le16(11), per_cluster = boot.u8(13), reserved = boot.le16(14);
  const uint32_t fats = boot.u8(16), root_entries = boot.le16(17);
  const uint64_t total = boot.le16(19) ? boot.le16(19) : boot.le32(32);
  const uint64_t fat_size = boot.le16(22) ? boot.le16(22) : boot.le32(36);
  const bool power = sector >= 512 && sector <= 4096 && (sector & (sector - 1)) == 0 &&
                     per_cluster != 0 && (per_cluster & (per_cluster - 1)) == 0;
  if (!power || reserved == 0 || fats == 0 || fats > 4 || fat_size == 0 || total == 0)
    return std::nullopt;
  Geometry geometry;
  geometry.cluster_bytes = sector * per_cluster;
  geometry.fat_start = uint64_t{reserved} * sector;
  geometry.fat_bytes = fat_size * sector;
  geometry.root_start = geometry.fat_start + fats * geometry.fat_bytes;
  geometry.root_bytes = (uint64_t{root_entries} * 32 + sector - 1) / sector * sector;
  geometry.data_start = geometry.root_start + geometry.root_bytes;
  if (geometry.data_start > total * sector) return std::nullopt;
  const uint64_t clusters = (total * sector - geometry.data_start) / geometry.cluster_bytes;
  // The number of clusters alone decides which FAT it is.
  geometry.bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32;
  if (geometry.bits == 32) geometry.root_cluster = boot.le32(44);
  if ((geometry.bits == 32) != (root_entries == 0) || clusters > 0x0FFFFFF5) return std::nullopt;
  geometry.clusters = static_cast<uint32_t>(clusters);
  geometry.bytes = total * sector;
  return geometry;
}

// The 8.3 name as Linux's vfat shows it (mount option shortname=mixed: the case bits count).
std::string short_name(const ByteView& entry) {
  const auto part = [&](size_t at, size_t length, bool to_lower) {
    std::string out(entry.text(at, length));
    out.erase(out.find_last_not_of(' ') + 1);
    for (char& c : out)
      if (to_lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  };
  const uint8_t cases = entry.u8(12);
  std::string base = part(0, 8, cases & 0x08);
  if (!base.empty() && base[0] == 0x05) base[0] = static_cast<char>(0xE5);
  const std::string extension = part(8, 3, cases & 0x10);
  return extension.empty() ? base : base + "." + extension;
}

uint8_t short_checksum(const ByteView& entry) {
  uint8_t sum = 0;
  for (size_t i = 0; i < 11; ++i)
    sum = static_cast<uint8_t>((sum & 1 ? 0x80 : 0) + (sum >> 1) + entry.u8(i));
  return sum;
}

// DOS date and time as seconds since 1970, without a time zone.
int64_t seconds(uint16_t date, uint16_t time) {
  const int64_t year = 1980 + (date >> 9), month = std::clamp(date >> 5 & 15, 1, 12),
                day = std::max(date & 31, 1);
  // Days from the civil calendar, with March as the first month.
  const int64_t y = year - (month <= 2 ? 1 : 0), m = (month + 9) % 12;
  const int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10 + day - 1 - 719468;
  return days * 86400 + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
}

class FatFileSystem : public FileSystem {
 public:
  FatFileSystem(BlockDevicePtr volume, Geometry geometry)
      : volume_(std::move(volume)), geometry_(geometry) {
    nodes_[0] = {geometry_.root_cluster, 0, 0, true};
  }

  Inode root() const override { return 0; }

  TreeResult<Stat> stat(Inode inode) const override {
    const auto node = nodes_.find(inode);
    if (node == nodes_.end()) return unknown(inode);
    // FAT keeps no owners and modes: what the kernel shows without mount options.
    return Stat{.type = node->second.is_directory ? NodeType::directory : NodeType::file,
                .mode = 0755,
                .size = node->second.size,
                .mtime = node->second.mtime};
  }

  TreeResult<std::vector<Entry>> list(Inode directory) const override {
    auto known = listing(directory);
    if (!known) return known.error();
    return **known;
  }

  TreeResult<Inode> lookup(Inode directory, std::string_view wanted) const override {
    const auto known = listing(directory);
    if (!known) return known.error();
    const auto found = std::ranges::lower_bound(**known, wanted, {}, &Entry::name);
    if (found == (*known)->end() || found->name != wanted)
      return TreeError{TreeError::Kind::not_found, "'" + std::string(wanted) + "' does not exist"};
    return found->inode;
  }

  TreeResult<std::string> read(Inode file, uint64_t offset, size_t length) const override {
    const auto node = nodes_.find(file);
    if (node == nodes_.end()) return unknown(file);
    if (node->second.is_directory)
      return TreeError{TreeError::Kind::wrong_type,
                       "entry " + std::to_string(file) + " is a directory"};
    if (offset >= node->second.size) return std::string();
    std::string out(std::min<uint64_t>(length, node->second.size - offset), '\0');
    const auto chain = clusters_of(node->second.first_cluster, offset + out.size());
    if (!chain) return chain.error();
    for (size_t at = 0; at < out.size();) {
      const uint64_t place = offset + at;
      const size_t index = place / geometry_.cluster_bytes, skip = place % geometry_.cluster_bytes;
      if (index >= chain->size())
        return TreeError{TreeError::Kind::unreadable,
                         "the file's cluster chain ends before the file"};
      const size_t piece = std::min<size_t>(out.size() - at, geometry_.cluster_bytes - skip);
      const auto done = volume_->read(position((*chain)[index]) + skip,
                                      std::as_writable_bytes(std::span(out)).subspan(at, piece));
      if (!done) return TreeError{TreeError::Kind::unreadable, done.error().message};
      at += piece;
    }
    return out;
  }

  TreeResult<std::string> readlink(Inode) const override {
    return TreeError{TreeError::Kind::wrong_type, "FAT has no symbolic links"};
  }
  TreeResult<Xattrs> xattrs(Inode) const override { return Xattrs{}; }

 private:
  using Listing = std::shared_ptr<const std::vector<Entry>>;

  // The names of a directory; those of the last few are kept, for a path is looked up name by name.
  TreeResult<Listing> listing(Inode directory) const {
    constexpr size_t kKept = 8;
    for (auto it = listings_.begin(); it != listings_.end(); ++it)
      if (it->first == directory) {
        listings_.splice(listings_.begin(), listings_, it);
        return listings_.front().second;
      }
    auto entries = read_directory(directory);
    if (!entries) return entries.error();
    if (listings_.size() >= kKept) listings_.pop_back();
    listings_.emplace_front(directory,
                            std::make_shared<const std::vector<Entry>>(std::move(*entries)));
    return listings_.front().second;
  }

  TreeResult<std::vector<Entry>> read_directory(Inode directory) const {
    const auto node = nodes_.find(directory);
    if (node == nodes_.end()) return unknown(directory);
    if (!node->second.is_directory)
      return TreeError{TreeError::Kind::not_directory,
                       "entry " + std::to_string(directory) + " is no directory"};
    std::vector<std::pair<uint64_t, uint64_t>> extents;  // (byte position, bytes)
    if (directory == 0 && geometry_.bits != 32) {
      extents.emplace_back(geometry_.root_start, geometry_.root_bytes);
    } else {
      auto chain = clusters_of(node->second.first_cluster, kMaxDirectoryBytes);
      if (!chain) return chain.error();
      for (const uint32_t cluster : *chain) {
        // A directory that holds itself, or shares clusters with others, would be listed without end.
        if (owners_.try_emplace(cluster, directory).first->second != directory)
          return TreeError{TreeError::Kind::unreadable,
                           "the directory shares clusters with another"};
        extents.emplace_back(position(cluster), geometry_.cluster_bytes);
      }
    }
    return entries(extents);
  }

  static TreeError unknown(Inode inode) {
    return {TreeError::Kind::not_found, "there is no entry " + std::to_string(inode)};
  }

  uint64_t position(uint32_t cluster) const {
    return geometry_.data_start + uint64_t{cluster - 2} * geometry_.cluster_bytes;
  }

  // The clusters of a chain, as many as `bytes` need; a loop or a bad link is an error. The last chain is kept,
  // so that who reads a file in pieces follows it once; valid until the next call.
  TreeResult<std::span<const uint32_t>> clusters_of(uint32_t first, uint64_t bytes) const {
    const TreeError damaged{TreeError::Kind::unreadable, "the cluster chain is damaged"};
    if (chain_first_ != first || chain_failed_) {
      chain_.clear();
      chain_first_ = first;
      chain_failed_ = chain_ended_ = false;
    }
    const uint64_t wanted = (bytes + geometry_.cluster_bytes - 1) / geometry_.cluster_bytes;
    // Until it is known not to be, a chain is taken for damaged.
    chain_failed_ = true;
    while (chain_.size() < wanted && !chain_ended_) {
      const uint32_t cluster = chain_.empty() ? first : chain_next_;
      if (cluster == 0 && chain_.empty()) break;  // an empty file
      if (cluster < 2 || cluster >= geometry_.clusters + 2 || chain_.size() > geometry_.clusters)
        return damaged;
      // Files of an honest volume share no clusters, so all chains together are no longer than the volume,
      // some times over. Those of a hostile one would be followed for hours.
      if (++links_ > 16 * uint64_t{geometry_.clusters} + kMinLinks)
        return TreeError{TreeError::Kind::unreadable,
                         "the file system is damaged: its chains go in circles"};
      const auto next = link(cluster);
      if (!next) return damaged;
      chain_.push_back(cluster);
      chain_ended_ = *next >= last_mark();
      chain_next_ = *next;
    }
    chain_failed_ = false;
    return std::span<const uint32_t>(chain_).first(std::min<uint64_t>(wanted, chain_.size()));
  }

  uint32_t last_mark() const {
    return geometry_.bits == 12 ? 0xFF8 : geometry_.bits == 16 ? 0xFFF8 : 0x0FFFFFF8;
  }

  std::optional<uint32_t> link(uint32_t cluster) const {
    const uint64_t bit = uint64_t{cluster} * static_cast<uint64_t>(geometry_.bits);
    const size_t width = geometry_.bits == 32 ? 4 : 2;
    std::byte raw[4]{};
    if (bit / 8 + width > geometry_.fat_bytes) return std::nullopt;
    if (!volume_->read(geometry_.fat_start + bit / 8, std::span(raw).first(width)))
      return std::nullopt;
    const ByteView view{Bytes(raw)};
    if (geometry_.bits == 12) return cluster & 1 ? view.le16(0) >> 4 : view.le16(0) & 0xFFF;
    return geometry_.bits == 16 ? view.le16(0) : view.le32(0) & 0x0FFFFFFF;
  }

  TreeResult<std::vector<Entry>> entries(
      const std::vector<std::pair<uint64_t, uint64_t>>& extents) const {
    std::vector<Entry> out;
    std::u16string long_name;
    int expected = 0;  // ordinal of the next part of a long name; 0: none
    uint8_t checksum = 0;
    for (const auto& [start, bytes] : extents)
      for (uint64_t at = start; at + 32 <= start + bytes; at += 32) {
        std::byte raw[32];
        if (!volume_->read(at, std::span(raw)))
          return TreeError{TreeError::Kind::unreadable,
                           "the directory lies beyond the end of the volume"};
        const ByteView entry{Bytes(raw)};
        const uint8_t first = entry.u8(0), attributes = entry.u8(11);
        if (first == 0) return sorted(std::move(out));
        if (out.size() >= kMaxEntries)
          return TreeError{TreeError::Kind::unreadable, "too many entries"};
        if (first == 0xE5) {
          expected = 0;
        } else if ((attributes & 0x3F) == kLongName) {
          long_part(entry, first, long_name, expected, checksum);
        } else {
          const bool has_long = expected == -1 && checksum == short_checksum(entry);
          expected = 0;
          if (attributes & kVolumeLabel) continue;
          std::string text = has_long ? utf8_of(long_name) : short_name(entry);
          if (text.empty() || text == "." || text == ".." ||
              text.find_first_of(std::string_view("/\0", 2)) != text.npos)
            continue;
          nodes_[at] = {uint32_t{entry.le16(20)} << 16 | entry.le16(26), entry.le32(28),
                        seconds(entry.le16(24), entry.le16(22)), (attributes & kDirectory) != 0};
          if (geometry_.bits != 32) nodes_[at].first_cluster &= 0xFFFF;
          if (nodes_[at].is_directory) nodes_[at].size = 0;
          out.push_back({std::move(text), at});
        }
      }
    return sorted(std::move(out));
  }

  // Long names come in parts of 13 units, the last part first; -1 in `expected` says that all are there.
  static void long_part(const ByteView& entry, uint8_t ordinal, std::u16string& text, int& expected,
                        uint8_t& checksum) {
    static constexpr size_t kUnits[13] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    const int number = ordinal & 0x3F;
    if (ordinal & 0x40) {
      expected = number;
      checksum = entry.u8(13);
      text.clear();
    }
    if (number == 0 || number > 20 || number != expected || checksum != entry.u8(13)) {
      expected = 0;
      return;
    }
    std::u16string part;
    for (const size_t unit : kUnits) {
      const uint16_t c = entry.le16(unit);
      if (c == 0) break;
      part += static_cast<char16_t>(c);
    }
    text = part + text;
    expected = number == 1 ? -1 : number - 1;
  }

  static std::vector<Entry> sorted(std::vector<Entry> entries) {
    std::ranges::stable_sort(entries, {}, &Entry::name);
    const auto twice = std::ranges::unique(entries, {}, &Entry::name);
    entries.erase(twice.begin(), twice.end());
    return entries;
  }

  BlockDevicePtr volume_;
  Geometry geometry_;
  mutable std::map<Inode, Node> nodes_;                 // what list() has seen
  mutable std::unordered_map<uint32_t, Inode> owners_;  // cluster -> the directory it belongs to
  mutable std::vector<uint32_t> chain_;  // the clusters last followed, from chain_first_
  mutable uint32_t chain_first_ = 0, chain_next_ = 0;
  mutable bool chain_ended_ = false, chain_failed_ = true;
  mutable uint64_t links_ = 0;                             // followed so far
  mutable std::list<std::pair<Inode, Listing>> listings_;  // the last used first
};

}  // namespace

std::optional<VolumeInfo> open_fat(const BlockDevicePtr& volume) {
  const auto geometry = read_geometry(*volume);
  if (!geometry) return std::nullopt;
  VolumeInfo info;
  info.type = "vfat";
  if (geometry->bytes > volume->size()) info.missing = geometry->bytes - volume->size();
  std::byte raw[128];
  if (volume->read(0, std::span(raw))) {
    const ByteView boot{Bytes(raw)};
    const size_t extended = geometry->bits == 32 ? 64 : 36;  // the extended boot record
    char text[16];
    const uint32_t serial = boot.le32(extended + 3);
    std::snprintf(text, sizeof text, "%04X-%04X", serial >> 16, serial & 0xffff);
    info.uuid = text;
    info.label = boot.text(extended + 7, 11);
    info.label.erase(info.label.find_last_not_of(' ') + 1);
    if (info.label == "NO NAME") info.label.clear();
  }
  info.file_system = std::make_shared<FatFileSystem>(volume, *geometry);
  return info;
}

}  // namespace drydock
