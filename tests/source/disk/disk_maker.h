// Disks for tests, made by the real mkfs and sfdisk, without root.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace drydock::test {

class TempDir;

// GUIDs of partitions (Discoverable Partitions Specification) by short names: "root", "usr", "home",
// "srv", "var", "var-tmp", "esp", "xbootldr", "linux".
std::string partition_type(const std::string& name);

struct PartitionPlan {
  std::string type = "linux";
  std::string name = {};  // PARTLABEL
  std::string uuid = {};  // PARTUUID
  bool no_auto = false;   // attribute bit 63
  // "ext4", "vfat", "luks" (its magic alone), "" for nothing.
  std::string fs = "ext4";
  std::string fs_label = {}, fs_uuid = {};
  // path -> content; a content "-> x" is a link to x; a path that ends in '/' is an empty directory.
  std::map<std::string, std::string> files = {};
};

// The programs make_disk needs and that are not installed; empty: none.
std::string missing_disk_tools();

// Writes a disk with a GPT ("dos": an MBR) and these partitions as a raw image.
void make_disk(TempDir& directory, const std::string& image,
               const std::vector<PartitionPlan>& partitions, const std::string& table = "gpt");

// What makes a file system the root of a host that runs systemd; add to it.
std::map<std::string, std::string> root_files(const std::string& fstab);

}  // namespace drydock::test
