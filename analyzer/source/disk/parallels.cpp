// Parallels expandable disks (QEMU docs/interop/parallels.txt): a header, a table of clusters, clusters.
#include "analyzer/source/disk/blocks.h"
#include "analyzer/source/disk/container.h"

namespace drydock {
namespace {

constexpr std::string_view kOld = "WithoutFreeSpace";       // the table counts in sectors
constexpr std::string_view kExtended = "WithouFreSpacExt";  // the table counts in clusters
constexpr uint32_t kInUse = 0x746F6E59;
constexpr size_t kHeader = 64;

Error damaged(std::string what) {
  return {"the Parallels image is damaged: " + std::move(what), ""};
}

}  // namespace

ContainerResult open_parallels(const BlockDevicePtr& file) {
  std::byte raw[kHeader];
  if (!file->read(0, std::span(raw))) return std::nullopt;
  const ByteView header{Bytes(raw)};
  const bool extended = header.starts_with(kExtended);
  if (!extended && !header.starts_with(kOld)) return std::nullopt;
  if (header.le32(16) != 2)
    return Error{"Parallels version " + std::to_string(header.le32(16)) + " is not known", ""};
  const uint64_t cluster = uint64_t{header.le32(28)} * 512, entries = header.le32(32);
  const uint64_t sectors = extended ? header.le64(36) : header.le32(36);
  if (cluster == 0 || cluster > (uint64_t{1} << 30)) return damaged("its cluster size");
  if (sectors > (uint64_t{1} << 50) || entries * cluster < sectors * 512)
    return damaged("its table does not cover the disk");
  BlockTable table{
      .format = "Parallels", .offset = kHeader, .block_size = cluster, .disk_size = sectors * 512};
  table.place = [unit = extended ? cluster
                                 : 512](const ByteView& entry) -> Result<std::optional<uint64_t>> {
    if (entry.le32(0) == 0) return std::optional<uint64_t>();
    return std::optional<uint64_t>(entry.le32(0) * unit);
  };
  Disk disk{.device = std::make_shared<BlockMapDevice>(file, table),
            .format = "Parallels",
            .missing = lost_blocks(*file, table)};
  if (header.le32(44) == kInUse)
    disk.notes.emplace_back("the image was in use: what was written last may not be in it");
  return disk;
}

}  // namespace drydock
