// qcow2, versions 2 and 3: QEMU docs/interop/qcow2.txt ("the specification" below). Reading needs
// neither refcounts nor snapshots: guest offset -> L1 -> L2 -> cluster. Of tables a page is read when an
// entry on it is asked for, so a header that claims 2^31 L1 entries costs nothing.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr std::string_view kMagic{"QFI\xfb", 4};
constexpr uint64_t kOffsetMask = 0x00fffffffffffe00;
constexpr uint64_t kCompressed = uint64_t{1} << 62;
constexpr uint64_t kZero = 1;
constexpr uint64_t kMaxVirtualSize = uint64_t{1} << 60;
constexpr uint32_t kMaxL1Entries = (32u << 20) / 8;  // as QEMU, which makes no larger one

enum Incompatible : uint64_t {
  kDirty = 1 << 0,  // refcounts may be wrong: no matter for reading
  kCorrupt = 1 << 1,
  kDataFile = 1 << 2,
  kCompressionType = 1 << 3,
  kExtendedL2 = 1 << 4,
};

enum HeaderExtension : uint32_t {
  kEnd = 0,
  kBackingFormat = 0xE2792ACA,
  kDataFileName = 0x44415441,
};

struct Header {
  uint32_t version = 0;
  uint64_t size = 0;
  uint32_t cluster_bits = 0;
  uint32_t l1_size = 0;
  uint64_t l1_offset = 0;
  uint64_t refcount_table = 0;
  uint32_t refcount_order = 4;  // entries of 2^order bits
  uint64_t incompatible = 0;
  uint32_t snapshots = 0;
  bool zstd = false;
  std::string backing_file;
  std::string backing_format;
  std::string data_file;

  uint64_t cluster_size() const { return uint64_t{1} << cluster_bits; }
  bool extended_l2() const { return (incompatible & kExtendedL2) != 0; }
  uint64_t l2_entry_size() const { return extended_l2() ? 16 : 8; }
  uint64_t l2_entries() const { return cluster_size() / l2_entry_size(); }
};

Error damaged(std::string what) {
  return {"the qcow2 image is damaged: " + std::move(what), ""};
}

Result<Header> read_header(const BlockDevice& file) {
  const auto raw = file.read(0, static_cast<size_t>(std::min<uint64_t>(file.size(), 4096)));
  if (!raw) return raw.error();
  const ByteView view{Bytes(*raw)};
  Header header;
  header.version = view.be32(4);
  const uint64_t backing_offset = view.be64(8);
  const uint32_t backing_size = view.be32(16);
  header.cluster_bits = view.be32(20);
  header.size = view.be64(24);
  const uint32_t encryption = view.be32(32);
  header.l1_size = view.be32(36);
  header.l1_offset = view.be64(40);
  header.refcount_table = view.be64(48);
  header.snapshots = view.be32(60);
  uint32_t header_length = 72;
  if (header.version == 3) {
    header.incompatible = view.be64(72);
    header.refcount_order = view.be32(96);
    header_length = view.be32(100);
    if (header_length > 104) header.zstd = view.u8(104) == 1;
    if (header_length > 104 && view.u8(104) > 1)
      return Error{"the qcow2 image uses compression type " + std::to_string(view.u8(104)) +
                       ", which is not known",
                   ""};
  } else if (header.version != 2) {
    return Error{"qcow2 version " + std::to_string(header.version) + " is not known", ""};
  }
  if (view.failed()) return damaged("the header is cut short");
  if (encryption != 0)
    return Error{"the qcow2 image is encrypted", "decrypt it with 'qemu-img convert' first"};
  if (header.incompatible & kCorrupt)
    return Error{"the qcow2 image is marked corrupt",
                 "repair it with 'qemu-img check -r all' first"};
  if (header.incompatible &
      ~uint64_t{kDirty | kCorrupt | kDataFile | kCompressionType | kExtendedL2})
    return Error{"the qcow2 image uses an incompatible feature that is not known", ""};
  const uint32_t least_bits = header.extended_l2() ? 14 : 9;
  if (header.cluster_bits < least_bits || header.cluster_bits > 21)
    return damaged("clusters of 2^" + std::to_string(header.cluster_bits) + " bytes");
  if (header.size > kMaxVirtualSize) return damaged("a disk of more than 2^60 bytes");
  if (header.l1_size > kMaxL1Entries)
    return damaged("an L1 table of " + std::to_string(header.l1_size) + " entries");
  const uint64_t covered_by_l2 = header.cluster_size() * header.l2_entries();
  if (header.refcount_order > 6) return damaged("the width of its reference counts");
  if (header.l1_size < (header.size + covered_by_l2 - 1) / covered_by_l2)
    return damaged("the L1 table is too small for the disk");

  // Header extensions: type, length, data padded to 8 bytes.
  for (size_t at = header_length; header.version == 3 && view.has(at, 8);) {
    const uint32_t type = view.be32(at), length = view.be32(at + 4);
    if (type == kEnd || !view.has(at + 8, length)) break;
    if (type == kDataFileName) header.data_file = view.text(at + 8, length);
    if (type == kBackingFormat) header.backing_format = view.text(at + 8, length);
    at += 8 + ((size_t{length} + 7) & ~size_t{7});
  }
  if (backing_offset != 0) {
    if (backing_size == 0 || backing_size > 1023) return damaged("the backing file's name");
    const auto text = file.read(backing_offset, backing_size);
    if (!text) return damaged("the backing file's name");
    header.backing_file = ByteView{Bytes(*text)}.text(0, backing_size);
  }
  return header;
}

class Qcow2 : public BlockDevice {
 public:
  Qcow2(BlockDevicePtr file, Header header, BlockDevicePtr data, BlockDevicePtr backing)
      : file_(std::move(file)),
        tables_(file_, kTablePages),
        header_(std::move(header)),
        data_(std::move(data)),
        backing_(std::move(backing)),
        unpacked_(header_.cluster_size()) {}

  uint64_t size() const override { return header_.size; }

  // What of the disk the file says it holds and has no more. A look at the reference counts behind the end
  // tells a whole file from one that was cut; only of a cut one are all tables read.
  std::vector<ByteRange> lost() const {
    // A file that ends inside a cluster may have lost the rest of it: with compressed clusters some do so
    // by nature, and the tables tell.
    const bool whole =
        !(header_.incompatible & kDirty) && file_->present() % header_.cluster_size() == 0 &&
        !counts_clusters_behind_the_end() && (data_ == file_ || data_->present() >= header_.size);
    return whole ? std::vector<ByteRange>() : walk_for_lost();
  }

  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset > size() || into.size() > size() - offset)
      return Error{"byte " + std::to_string(offset) + " is beyond the disk's end", ""};
    while (!into.empty()) {
      const uint64_t unit =
          header_.extended_l2() ? header_.cluster_size() / 32 : header_.cluster_size();
      const size_t length = std::min<uint64_t>(into.size(), unit - offset % unit);
      if (auto done = read_unit(offset, into.first(length)); !done) return done;
      offset += length;
      into = into.subspan(length);
    }
    return {};
  }

 private:
  // Reads a range inside one cluster (one subcluster with extended L2 entries).
  Result<void> read_unit(uint64_t offset, std::span<std::byte> into) const {
    const uint64_t cluster = offset >> header_.cluster_bits;
    const uint64_t in_cluster = offset & (header_.cluster_size() - 1);
    const auto l1 = entry(header_.l1_offset, cluster / header_.l2_entries(), 8);
    if (!l1) return l1.error();
    const uint64_t l2_table = *l1 & kOffsetMask;
    if (l2_table == 0) return absent(offset, into);
    const uint64_t index = cluster % header_.l2_entries();
    const auto l2 = entry(l2_table, index, header_.l2_entry_size());
    if (!l2) return l2.error();
    if (*l2 & kCompressed) return compressed(*l2, in_cluster, into);

    const uint64_t host = *l2 & kOffsetMask;
    if (header_.extended_l2()) {
      // Two bitmaps of 32 subclusters: allocated in the low half, reading as zeros in the high
      // half.
      const auto bitmap = entry(l2_table + 8, index, 16);
      if (!bitmap) return bitmap.error();
      const uint64_t subcluster = in_cluster >> (header_.cluster_bits - 5);
      if (*bitmap >> (32 + subcluster) & 1) return zeros(into);
      if (!(*bitmap >> subcluster & 1)) return absent(offset, into);
    } else {
      if (header_.version >= 3 && (*l2 & kZero)) return zeros(into);
      // With an external data file, offset 0 is a valid place of an allocated cluster (bit 63 set).
      const bool allocated = host != 0 || (data_ != file_ && *l2 >> 63 != 0);
      if (!allocated) return absent(offset, into);
    }
    return data_->read(host + in_cluster, into);
  }

  Result<uint64_t> entry(uint64_t table, uint64_t index, uint64_t entry_size) const {
    const auto at = checked_add(table, index * entry_size);
    std::byte raw[8];
    if (!at || !tables_.read(*at, std::span(raw)))
      return damaged("a table at byte " + std::to_string(table) +
                     " lies beyond the end of the file");
    return ByteView{Bytes(raw)}.be64(0);
  }

  // Is a cluster in use that would lie behind the end of the file?
  bool counts_clusters_behind_the_end() const {
    constexpr size_t kAhead =
        4096;  // clusters are used in order: what follows the cut is in use soon
    const uint64_t cluster =
        (file_->present() + header_.cluster_size() - 1) >> header_.cluster_bits;
    const uint64_t counts_bits =
        header_.cluster_bits + 3 - header_.refcount_order;  // log2, of a block
    const auto block = entry(header_.refcount_table, cluster >> counts_bits, 8);
    if (!block) return true;
    if ((*block & kOffsetMask) == 0) return false;
    const uint64_t first = cluster & ((uint64_t{1} << counts_bits) - 1);
    const uint64_t at = ((first << header_.refcount_order) + 7) / 8;
    const uint64_t length = std::min<uint64_t>(kAhead, header_.cluster_size() - at);
    const auto counts = file_->read((*block & kOffsetMask) + at, static_cast<size_t>(length));
    return !counts || std::ranges::any_of(*counts, [](std::byte b) { return b != std::byte{0}; });
  }

  std::vector<ByteRange> walk_for_lost() const {
    constexpr uint64_t kMostOfTables = uint64_t{64} << 20;
    std::vector<ByteRange> lost;
    const auto lose = [&](uint64_t start, uint64_t length) {
      if (start < size()) append_range(lost, {start, std::min(length, size() - start)});
    };
    const uint64_t cluster = header_.cluster_size(), covered = cluster * header_.l2_entries();
    uint64_t read = 0;
    uint64_t last = 0, last_start = 0;  // the compressed cluster next to the end of the file
    for (uint64_t i = 0; i * covered < size() && read < kMostOfTables; ++i) {
      const auto l1 = entry(header_.l1_offset, i, 8);
      if (l1 && (*l1 & kOffsetMask) == 0) continue;
      // The table itself may be cut: what is there of it counts.
      const uint64_t at = l1 ? *l1 & kOffsetMask : UINT64_MAX;
      const uint64_t length = at < file_->present() ? std::min(cluster, file_->present() - at) : 0;
      const auto table = length > 0 ? file_->read(at, static_cast<size_t>(length))
                                    : Result<std::vector<std::byte>>(Error{});
      read += cluster;
      const uint64_t entries = table ? length / header_.l2_entry_size() : 0;
      lose(i * covered + entries * cluster, covered - entries * cluster);
      if (!table) continue;
      const ByteView view{Bytes(*table)};
      for (uint64_t n = 0; n < entries; ++n) {
        const uint64_t l2 = view.be64(n * header_.l2_entry_size()),
                       start = i * covered + n * cluster;
        if (l2 & kCompressed) {
          if (packed_place(l2).at >= file_->present())
            lose(start, cluster);
          else if (last == 0 || packed_place(l2).at > packed_place(last).at)
            last = l2, last_start = start;
          continue;
        }
        const uint64_t host = l2 & kOffsetMask, there = data_->present();
        if (host == 0 || host + cluster <= there) continue;
        if (!header_.extended_l2()) {
          if (header_.version >= 3 && (l2 & kZero)) continue;
          const uint64_t have = host < there ? there - host : 0;
          lose(start + have, cluster - have);
          continue;
        }
        const uint64_t bitmap = view.be64(n * 16 + 8), unit = cluster / 32;
        for (uint64_t k = 0; k < 32; ++k) {
          if (!(bitmap >> k & 1) || (bitmap >> (32 + k) & 1)) continue;
          const uint64_t place = host + k * unit;
          const uint64_t have = place < there ? std::min(there - place, unit) : 0;
          lose(start + k * unit + have, unit - have);
        }
      }
    }
    // Of compressed clusters only that one can be there in part; its stated length is an upper bound.
    std::byte probe[1];
    if (last != 0 && !compressed(last, 0, std::span(probe))) lose(last_start, cluster);
    join_ranges(lost);
    return lost;
  }

  struct PackedPlace {
    uint64_t at, length;
  };
  // The specification, "Compressed Clusters Descriptor": the offset takes the low 62 -
  // (cluster_bits - 8) bits, the number of further 512-byte sectors the rest below bit 62.
  PackedPlace packed_place(uint64_t l2) const {
    const uint32_t split = 62 - (header_.cluster_bits - 8);
    const uint64_t at = l2 & ((uint64_t{1} << split) - 1);
    const uint64_t sectors = ((l2 & (kCompressed - 1)) >> split) + 1;
    return {at, sectors * 512 - (at & 511)};
  }

  static Result<void> zeros(std::span<std::byte> into) {
    std::ranges::fill(into, std::byte{0});
    return {};
  }

  // A cluster that this image does not hold: the backing file's, or zeros.
  Result<void> absent(uint64_t offset, std::span<std::byte> into) const {
    if (!backing_ || offset >= backing_->size()) return zeros(into);
    const size_t there = std::min<uint64_t>(into.size(), backing_->size() - offset);
    if (auto done = backing_->read(offset, into.first(there)); !done) return done;
    return zeros(into.subspan(there));
  }

  Result<void> compressed(uint64_t l2, uint64_t in_cluster, std::span<std::byte> into) const {
    if (const auto* cluster = unpacked_.find(l2)) return copy(*cluster, in_cluster, into);
    auto [at, length] = packed_place(l2);
    if (at >= file_->size()) return damaged("a compressed cluster lies beyond the end of the file");
    length = std::min({length, file_->size() - at, 2 * header_.cluster_size()});
    const auto packed = file_->read(at, static_cast<size_t>(length));
    if (!packed) return packed.error();
    std::vector<std::byte> cluster(header_.cluster_size());
    if (!(header_.zstd ? inflate_zstd(*packed, cluster) : inflate_deflate(*packed, cluster)))
      return damaged("the compressed cluster at byte " + std::to_string(at));
    return copy(unpacked_.put(l2, std::move(cluster)), in_cluster, into);
  }

  static Result<void> copy(const std::vector<std::byte>& cluster, uint64_t from,
                           std::span<std::byte> into) {
    std::copy_n(cluster.begin() + static_cast<std::ptrdiff_t>(from), into.size(), into.begin());
    return {};
  }

  // Raw deflate that must fill `out` exactly; what follows in the last sector is not ours.
  static bool inflate_deflate(const std::vector<std::byte>& in, std::vector<std::byte>& out) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&stream, Z_FINISH);
    const bool full = stream.avail_out == 0 &&
                      (status == Z_STREAM_END || status == Z_BUF_ERROR || status == Z_OK);
    inflateEnd(&stream);
    return full;
  }

  static bool inflate_zstd(const std::vector<std::byte>& in, std::vector<std::byte>& out) {
    const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                          ZSTD_freeDStream);
    if (!stream) return false;
    // A hostile frame may ask for a large window; a cluster never needs more than its own size.
    ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, 23);
    ZSTD_inBuffer source{in.data(), in.size(), 0};
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    while (target.pos < target.size) {
      const size_t before_in = source.pos, before_out = target.pos;
      const size_t status = ZSTD_decompressStream(stream.get(), &target, &source);
      if (ZSTD_isError(status)) return false;
      if (source.pos == before_in && target.pos == before_out) return false;
    }
    return true;
  }

  BlockDevicePtr file_;
  CachedDevice tables_;
  Header header_;
  BlockDevicePtr data_;     // where clusters lie: the file itself or the external data file
  BlockDevicePtr backing_;  // null: none
  mutable UnpackedBlocks unpacked_;
};

// The format of a backing file comes from the header. It is never guessed: a guest could write a qcow2
// header into its raw disk and have us follow it.
Result<Disk> open_backing(const Header& header, const OpenBeside& beside, int chain) {
  const std::string name = "'" + header.backing_file.substr(0, 200) + "'";
  if (chain <= 0) return Error{"the chain of backing files is longer than drydock follows", ""};
  auto opened = beside(header.backing_file);
  if (!opened) return opened.error();
  if (header.backing_format.empty())
    return Error{"the image does not say which format its backing file " + name + " has",
                 "write it down: qemu-img rebase -u -F FORMAT -b " + name + " IMAGE"};
  if (header.backing_format == "raw")
    return Disk{.device = std::move(opened).value(), .format = "raw"};
  auto inner = open_container(*opened, beside, chain - 1);
  if (!inner) return inner.error();
  static constexpr std::pair<std::string_view, std::string_view> kFormats[] = {
      {"qcow2", "qcow2 "}, {"vmdk", "VMDK "}, {"vpc", "VHD "},
      {"vhdx", "VHDX"},    {"vdi", "VDI "},   {"qcow", "qcow v1"}};
  for (const auto& [stated, found] : kFormats)
    if (header.backing_format == stated && inner->format.starts_with(found)) return inner;
  return Error{"the backing file " + name + " is no '" + header.backing_format.substr(0, 40) +
                   "', as the image says",
               ""};
}

}  // namespace

ContainerResult open_qcow2(const BlockDevicePtr& file, const OpenBeside& beside, int chain) {
  std::byte magic[8];
  if (file->size() < 72 || !file->read(0, std::span(magic)) ||
      !ByteView{Bytes(magic)}.starts_with(kMagic) || ByteView{Bytes(magic)}.be32(4) == 1)
    return std::nullopt;
  auto header = read_header(*file);
  if (!header) return header.error();

  Disk disk;
  disk.format = "qcow2 v" + std::to_string(header->version);
  if (header->zstd) disk.format += ", zstd";
  if (header->snapshots > 0)
    disk.notes.push_back(std::to_string(header->snapshots) + " internal snapshots are not read");
  BlockDevicePtr data = file, backing;
  if (header->incompatible & kDataFile) {
    if (header->data_file.empty()) return damaged("the external data file has no name");
    auto opened = beside(header->data_file);
    if (!opened) return opened.error();
    disk.notes.push_back("cluster data was read from '" + header->data_file + "'");
    data = std::move(opened).value();
  }
  if (!header->backing_file.empty()) {
    auto below = open_backing(*header, beside, chain);
    if (!below) return below.error();
    disk.notes.push_back("the backing file '" + header->backing_file + "' was read");
    disk.notes.insert(disk.notes.end(), below->notes.begin(), below->notes.end());
    disk.missing = std::move(below->missing);
    backing = std::move(below->device);
  }
  const auto device =
      std::make_shared<Qcow2>(file, std::move(header).value(), std::move(data), std::move(backing));
  if (auto lost = device->lost(); !lost.empty()) disk.missing = std::move(lost);
  disk.device = device;
  return disk;
}

}  // namespace drydock
