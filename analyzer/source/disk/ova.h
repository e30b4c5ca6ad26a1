// OVA: a tar of an OVF description and the disks of one machine (DMTF DSP0243, section 5 and 7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/source/disk/container.h"

namespace drydock {

// A regular file inside a tar, in place.
struct TarMember {
  std::string name;
  uint64_t offset = 0;  // of its content in the archive, bytes
  uint64_t size = 0;
};

// The regular files of an uncompressed tar (ustar, GNU long names and pax paths), at most 1024; stops at
// the first header that is none.
std::vector<TarMember> tar_members(const BlockDevice& file);

struct Ova {
  std::vector<Disk> disks;  // in the order of the archive
  std::vector<std::string>
      notes;  // the manifest's verdict: what is missing from it or has another digest
};

// nullopt: no tar, or one that does not start with an OVF description. Disks are taken from the archive
// only; a name in a disk's descriptor is looked up there and nowhere else. The digests of the manifest are
// checked, which reads every disk once.
std::optional<Result<Ova>> open_ova(const BlockDevicePtr& file);

}  // namespace drydock
