// What a host wants mounted, and which volume each of it means.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/disk/image.h"
#include "analyzer/source/tree.h"

namespace drydock {

// Something to be mounted, from fstab or a .mount unit.
struct MountWish {
  std::string source = {}, target = {}, type = {},
              options = {};  // target: a tree path, "" is the root
  uint32_t line = 0;
  std::string path = {};  // of the file that says so

  bool has(std::string_view option) const;
  bool is_bind() const { return has("bind") || has("rbind"); }
  // Of a path of the host that is no device (nor "//server/share"): a file that is mounted through a loop
  // device (mount(8)).
  bool is_of_a_file() const {
    return !is_bind() && source.starts_with('/') && !source.starts_with("/dev/") &&
           !source.starts_with("//");
  }
  // The value of an option, of several the last; empty if there is none.
  std::string value_of(std::string_view option) const;
};

// What is mounted when the host starts, in an order in which everything is mounted before what lies on
// it: .mount units in /etc before fstab, fstab before those in /usr/lib; of each what its drop-ins make of it. `why` says what of that could
// not be read; empty: nothing.
std::vector<MountWish> wished_mounts(const Tree& tree, std::string& why);

// A device by the name the kernel gives it: sda3, vdb, nvme0n1p2, mmcblk0p1.
struct DeviceName {
  std::string family;      // "sd", "nvme"
  uint32_t disk = 0;       // sda, nvme0n1: 0
  uint32_t partition = 0;  // 0: the whole disk
};
std::optional<DeviceName> device_name(std::string_view source);  // "/dev/sda3"

// Which volume a source means for the host whose root is `root`: UUID=, LABEL=, PARTUUID=, PARTLABEL=
// (fstab(5)), the same below /dev/disk/, or a device name. The names of disks are the machine's, not
// the image's: the disk of `root` has the name that `root_source` gives it, else it is the first.
// nullptr: it is not in the image.
const Volume* volume_of(const DiskImage& image, const Volume& root, std::string_view root_source,
                        std::string_view source);

}  // namespace drydock
