// qcow, version 1: a table of tables of clusters, each raw or deflated.
#include <zlib.h>

#include <algorithm>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr uint64_t kCompressed = uint64_t{1} << 63;
constexpr size_t kHeader = 48;

Error damaged(std::string what) {
  return {"the qcow image is damaged: " + std::move(what), ""};
}

class Qcow1 : public BlockDevice {
 public:
  Qcow1(BlockDevicePtr file, uint64_t size, uint32_t cluster_bits, uint32_t l2_bits, uint64_t l1)
      : file_(std::move(file)),
        tables_(file_, kTablePages),
        size_(size),
        cluster_bits_(cluster_bits),
        l2_bits_(l2_bits),
        l1_(l1),
        unpacked_(size_t{1} << cluster_bits) {}

  uint64_t size() const override { return size_; }

  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset > size_ || into.size() > size_ - offset)
      return Error{"byte " + std::to_string(offset) + " is beyond the disk's end", ""};
    const uint64_t cluster = uint64_t{1} << cluster_bits_;
    while (!into.empty()) {
      const size_t length = std::min<uint64_t>(into.size(), cluster - offset % cluster);
      if (auto done = read_cluster(offset, into.first(length)); !done) return done;
      offset += length;
      into = into.subspan(length);
    }
    return {};
  }

 private:
  // Reads a range inside one cluster.
  Result<void> read_cluster(uint64_t offset, std::span<std::byte> into) const {
    const uint64_t number = offset >> cluster_bits_,
                   skip = offset & ((uint64_t{1} << cluster_bits_) - 1);
    const auto table = entry(l1_, number >> l2_bits_);
    if (!table) return table.error();
    uint64_t place = 0;
    if (*table != 0) {
      const auto found = entry(*table, number & ((uint64_t{1} << l2_bits_) - 1));
      if (!found) return found.error();
      place = *found;
    }
    if (place == 0) {
      std::ranges::fill(into, std::byte{0});
      return {};
    }
    if (!(place & kCompressed)) return file_->read(place + skip, into);
    const std::vector<std::byte>* cluster = unpacked_.find(place);
    if (!cluster) {
      auto unpacked = unpack(place);
      if (!unpacked) return unpacked.error();
      cluster = &unpacked_.put(place, std::move(unpacked).value());
    }
    std::copy_n(cluster->begin() + static_cast<std::ptrdiff_t>(skip), into.size(), into.begin());
    return {};
  }

  Result<uint64_t> entry(uint64_t table, uint64_t index) const {
    const auto at = checked_add(table, index * 8);
    std::byte raw[8];
    if (!at || !tables_.read(*at, std::span(raw)))
      return damaged("a table lies beyond the end of the file");
    return ByteView{Bytes(raw)}.be64(0);
  }

  // The bits below 63: so many for the length as a cluster's size has, the rest for the place.
  Result<std::vector<std::byte>> unpack(uint64_t place) const {
    const uint32_t split = 63 - cluster_bits_;
    const uint64_t length = (place >> split) & ((uint64_t{1} << cluster_bits_) - 1);
    const auto packed = file_->read(place & ((uint64_t{1} << split) - 1), size_t{length});
    if (!packed) return damaged("a compressed cluster lies beyond the end of the file");
    std::vector<std::byte> cluster(size_t{1} << cluster_bits_);
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return Error{"not enough memory", ""};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed->data()));
    stream.avail_in = static_cast<uInt>(packed->size());
    stream.next_out = reinterpret_cast<Bytef*>(cluster.data());
    stream.avail_out = static_cast<uInt>(cluster.size());
    const int status = inflate(&stream, Z_FINISH);
    const bool full = stream.avail_out == 0 && (status == Z_STREAM_END || status == Z_BUF_ERROR);
    inflateEnd(&stream);
    if (!full) return damaged("a compressed cluster");
    return cluster;
  }

  BlockDevicePtr file_;
  CachedDevice tables_;
  uint64_t size_;
  uint32_t cluster_bits_, l2_bits_;
  uint64_t l1_;
  mutable UnpackedBlocks unpacked_;
};

}  // namespace

ContainerResult open_qcow1(const BlockDevicePtr& file) {
  std::byte raw[kHeader];
  if (!file->read(0, std::span(raw))) return std::nullopt;
  const ByteView header{Bytes(raw)};
  if (!header.starts_with(std::string_view("QFI\xfb\0\0\0\x01", 8))) return std::nullopt;
  const uint64_t size = header.be64(24);
  const uint32_t cluster_bits = header.u8(32), l2_bits = header.u8(33);
  if (header.be64(8) != 0)
    return Error{"the qcow image has a backing file, which is not read for version 1",
                 "flatten it with 'qemu-img convert' first"};
  if (header.be32(36) != 0)
    return Error{"the qcow image is encrypted", "decrypt it with 'qemu-img convert' first"};
  // QEMU's own bounds.
  if (cluster_bits < 9 || cluster_bits > 16 || l2_bits < 6 || l2_bits > 13)
    return damaged("its cluster or table size");
  if (size > (uint64_t{1} << 50)) return damaged("a disk of more than 2^50 bytes");
  return Disk{.device = std::make_shared<Qcow1>(file, size, cluster_bits, l2_bits, header.be64(40)),
              .format = "qcow v1"};
}

}  // namespace drydock
