#include "analyzer/source/disk/container.h"

namespace drydock {

OpenBeside refuse_beside() {
  return [](const std::string& name) -> Result<BlockDevicePtr> {
    return Error{"the image needs the file '" + name.substr(0, 200) + "', which was not named",
                 "flatten it with 'qemu-img convert' first"};
  };
}

Result<Disk> open_container(const BlockDevicePtr& file, const OpenBeside& beside) {
  for (const auto open : {open_qcow2})
    if (ContainerResult disk = open(file, beside)) return std::move(*disk);
  return Disk{file, "raw", {}};
}

}  // namespace drydock
