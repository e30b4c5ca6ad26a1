// A disk image put together as the host would be at run time: container, partition table, volumes, file
// systems, and what is mounted where by the image's own fstab.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/source/disk/block.h"
#include "analyzer/source/disk/container.h"
#include "analyzer/source/disk/partition.h"
#include "analyzer/source/fs/file_system.h"
#include "analyzer/source/mounted.h"

namespace drydock {

// A place where a file system could be: a partition, or a whole disk without a table.
struct Volume {
  std::string name;     // "p2"; "disk" for a whole disk; of several disks "disk2-p1"
  size_t disk = 0;      // index of its disk
  Partition partition;  // number 0 for a whole disk
  VolumeInfo info;
  std::vector<std::string> mounted_at = {};  // "/var/log"; "/" for a root
  // Of one that is not read: where it would be mounted, and what crypttab(5) calls it when it is open.
  std::vector<std::string> wanted_at = {};
  std::string crypt_name = {};
};

// One operating system found on the disk.
struct ImageRoot {
  std::string volume;  // name of the volume that holds "/"
  std::shared_ptr<MountedTree> tree;
};

struct DiskImage {
  struct Part {
    Disk disk;
    PartitionTable table;
  };
  std::vector<Part> disks;  // one; several in an OVA
  std::vector<Volume> volumes;
  std::vector<ImageRoot> roots;  // several: dual boot, A/B slots
  std::vector<Diagnostic>
      diagnostics;       // what was not read or not mounted, and why; notes of each layer
  bool complete = true;  // false: a volume that may hold files was not read
};

// Reads the stack from the containers on. Never fails: an image without any root has no `roots`, and
// `volumes` and `diagnostics` say what was seen.
DiskImage read_disk_image(std::vector<Disk> disks);

// Does the disk hold something that drydock knows: a partition table, a file system, an encrypted volume?
bool looks_like_disk(const DiskImage& image);

// The stack as people read it: one line each for the container, the table, every volume.
std::string describe(const DiskImage& image);

}  // namespace drydock
