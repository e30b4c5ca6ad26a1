// VirtualBox VDI 1.1: a header, a map of blocks, blocks.
#include <algorithm>

#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr uint32_t kSignature = 0xBEDA107F;
constexpr uint32_t kFirstUnused =
    0xFFFFFFFE;  // discarded; 0xFFFFFFFF: never written. Both read as zeros

enum ImageType : uint32_t { kDynamic = 1, kStatic = 2, kUndo = 3, kDifferencing = 4 };

}  // namespace

ContainerResult open_vdi(const BlockDevicePtr& file) {
  std::byte raw[512];
  if (!file->read(0, std::span(raw))) return std::nullopt;
  const ByteView header{Bytes(raw)};
  if (header.le32(64) != kSignature) return std::nullopt;
  if (header.le16(70) != 1)
    return Error{"VDI version " + std::to_string(header.le16(70)) + " is not known", ""};
  const uint32_t type = header.le32(76), map = header.le32(340), data = header.le32(344);
  const uint64_t size = header.le64(368);
  const uint32_t block = header.le32(376), extra = header.le32(380), blocks = header.le32(384);
  if (type == kUndo || type == kDifferencing)
    return Error{"the VDI image is a differencing disk: its parent was not named",
                 "merge it with 'VBoxManage clonemedium' first"};
  if (type != kDynamic && type != kStatic) return Error{"the VDI image has an unknown type", ""};
  if (block < 512 || block > (64u << 20) || uint64_t{blocks} * block < size)
    return Error{"the VDI image is damaged: its map does not cover the disk", ""};
  BlockTable table{.format = "VDI", .offset = map, .block_size = block, .disk_size = size};
  table.place = [=](const ByteView& entry) -> Result<std::optional<uint64_t>> {
    const uint32_t index = entry.le32(0);
    if (index >= kFirstUnused) return std::optional<uint64_t>();
    return std::optional<uint64_t>(data + uint64_t{index} * (uint64_t{block} + extra) + extra);
  };
  return Disk{.device = std::make_shared<BlockMapDevice>(file, table),
              .format = type == kStatic ? "VDI static" : "VDI dynamic",
              .missing = lost_blocks(*file, table)};
}

}  // namespace drydock
