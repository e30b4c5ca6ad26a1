#include "analyzer/source/disk/container.h"

namespace drydock {

Result<Disk> open_container(const BlockDevicePtr& file, const OpenBeside& beside, int chain) {
  if (ContainerResult disk = open_qcow2(file, beside, chain)) return std::move(*disk);
  if (ContainerResult disk = open_vmdk(file, beside)) return std::move(*disk);
  // A fixed VHD has its only mark in its last sector, so whatever else could be at its start comes first.
  for (const auto open : {open_qcow1, open_parallels, open_vhdx, open_vdi, open_vhd})
    if (ContainerResult disk = open(file)) return std::move(*disk);
  return Disk{file, "raw"};
}

}  // namespace drydock
