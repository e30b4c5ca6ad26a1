// Disk images that are packed: compressed, in a tar or in a zip, one in the other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/source/disk/container.h"

namespace drydock {

// What may be unpacked, and who is told.
struct Unpacking {
  bool allowed = true;  // false: what only a temporary file makes readable is refused
  uint64_t limit = uint64_t{64} << 30;  // bytes of all temporary files together, holes counted
  // Called before something is unpacked, with a sentence for people; may be empty.
  std::function<void(const std::string&)> announce = {};
};

// The disks in a file.
struct FoundDisks {
  std::vector<Disk> disks;  // at least one
  std::string format;       // "qcow2 v3", "OVA", "raw disk image", "tar.gz: raw disk image"
  std::vector<std::string> notes = {};     // what a person should know
  std::vector<std::string> warnings = {};  // what is not as it should be: a digest that is wrong
  bool complete = true;                    // false: a part was cut off
};

// Looks for disks in `file`, by content: a container or a raw disk, compressed or not; an OVA; a tar, cpio
// or zip that holds images and little else (at most 16 files, no links, nothing that looks like a root).
// Stored files of a plain tar are read in their place; everything else that is packed goes through a
// temporary file. A file that nothing takes is a raw disk, and whether there is anything on it is for the
// caller to see. nullopt: `file` is an archive of something else. `name` is for messages.
std::optional<Result<FoundDisks>> find_disks(const BlockDevicePtr& file, const std::string& name,
                                             const OpenBeside& beside, const Unpacking& unpacking);

// Is this a disk: a container that drydock knows, damaged or not, or a raw disk with something on it?
bool is_disk(const BlockDevicePtr& file);

}  // namespace drydock
