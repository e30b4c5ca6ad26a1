// Microsoft "Virtual Hard Disk Image Format Specification" 1.0.
#include <algorithm>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr std::string_view kCookie = "conectix";
constexpr uint32_t kUnused = 0xFFFFFFFF;

enum DiskType : uint32_t { kFixed = 2, kDynamic = 3, kDifferencing = 4 };

// The one's complement of the sum of all bytes but the checksum's own.
bool checksum_is_right(Bytes bytes, size_t at) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i)
    if (i < at || i >= at + 4) sum += static_cast<uint32_t>(bytes[i]);
  return ~sum == ByteView{bytes}.be32(at);
}

Error damaged(std::string what) {
  return {"the VHD image is damaged: " + std::move(what), ""};
}

}  // namespace

ContainerResult open_vhd(const BlockDevicePtr& file) {
  // A fixed disk is its bytes and a footer; a dynamic one repeats the footer at the start.
  if (file->size() < 1024) return std::nullopt;
  std::byte footer[512];
  bool found = false;
  for (const uint64_t at : {file->size() - 512, uint64_t{0}, file->size() - 511}) {
    if (at + 512 > file->size()) continue;
    if (!file->read(at, std::span(footer)) || !ByteView{Bytes(footer)}.starts_with(kCookie))
      continue;
    found = checksum_is_right(Bytes(footer), 64);
    if (found) break;
  }
  if (!found) return std::nullopt;
  const ByteView view{Bytes(footer)};
  const uint32_t type = view.be32(60);
  const uint64_t size = view.be64(48);
  if (type == kFixed) {
    if (size > file->size() - 512) return damaged("it is shorter than the disk");
    return Disk{.device = std::make_shared<SliceDevice>(file, 0, size), .format = "VHD fixed"};
  }
  if (type == kDifferencing)
    return Error{"the VHD image is a differencing disk: its parent was not named",
                 "merge it first"};
  if (type != kDynamic) return Error{"the VHD image has an unknown type", ""};

  const auto raw = file->read(view.be64(16), size_t{1024});
  if (!raw) return damaged("its dynamic header is beyond the end");
  const ByteView header{Bytes(*raw)};
  if (!header.starts_with("cxsparse") || !checksum_is_right(Bytes(*raw), 36))
    return damaged("its dynamic header");
  const uint64_t table = header.be64(16);
  const uint32_t entries = header.be32(28), block = header.be32(32);
  if (block < 512 || block > (256u << 20) || block % 512 != 0 || uint64_t{entries} * block < size ||
      table > file->size())
    return damaged("its table does not cover the disk");
  // Each block starts with a bitmap of its sectors, padded to a whole sector.
  const uint64_t bitmap = (block / 512 / 8 + 511) / 512 * 512;
  BlockTable blocks{.format = "VHD", .offset = table, .block_size = block, .disk_size = size};
  blocks.place = [=](const ByteView& entry) -> Result<std::optional<uint64_t>> {
    const uint32_t sector = entry.be32(0);
    if (sector == kUnused) return std::optional<uint64_t>();
    return std::optional<uint64_t>(uint64_t{sector} * 512 + bitmap);
  };
  return Disk{.device = std::make_shared<BlockMapDevice>(file, blocks),
              .format = "VHD dynamic",
              .missing = lost_blocks(*file, blocks)};
}

}  // namespace drydock
