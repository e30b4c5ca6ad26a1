#include "tests/source/disk/disk_maker.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

constexpr int kMegabytes = 4;  // of each partition
// sbin is not in everybody's PATH.
const std::string kPath = "PATH=$PATH:/usr/sbin:/sbin; ";

void fill(TempDir& directory, const std::string& top,
          const std::map<std::string, std::string>& files) {
  std::filesystem::remove_all(directory.path(top));
  directory.directory(top);
  for (const auto& [path, content] : files) {
    const std::string full = top + "/" + path;
    if (path.ends_with('/'))
      directory.directory(full.substr(0, full.size() - 1));
    else if (content.starts_with("-> "))
      directory.symlink(full, content.substr(3));
    else
      directory.file(full, content);
  }
}

}  // namespace

std::string partition_type(const std::string& name) {
  static const std::map<std::string, std::string> kTypes = {
      {"linux", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"},
      {"root", "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"},
      {"usr", "8484680C-9521-48C6-9C11-B0720656F69E"},
      {"home", "933AC7E1-2EB4-4F13-B844-0E14E2AEF915"},
      {"srv", "3B8F8425-20E0-4F3B-907F-1A25A76F98E8"},
      {"var", "4D21B016-B534-45C2-A9FB-5C16E091FD2D"},
      {"var-tmp", "7EC6F557-3BC5-4ACA-B293-16EF5DF639D1"},
      {"esp", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"},
      {"xbootldr", "BC13C2FF-59E6-4262-A352-B275FD6F7172"}};
  return kTypes.at(name);
}

std::string missing_disk_tools() {
  std::string out;
  for (const std::string program : {"mke2fs", "sfdisk", "mkfs.vfat", "mcopy"})
    if (!installed("-p " + program) && !std::filesystem::exists("/usr/sbin/" + program) &&
        !std::filesystem::exists("/sbin/" + program))
      out += (out.empty() ? "" : ", ") + program;
  return out;
}

void make_disk(TempDir& directory, const std::string& image,
               const std::vector<PartitionPlan>& partitions, const std::string& table) {
  const auto megabytes = [](size_t count) { return std::to_string(count) + "M"; };
  std::string script = "label: " + table + "\n";
  std::string commands =
      "truncate -s " + megabytes(2 + partitions.size() * kMegabytes) + " " + image;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const PartitionPlan& plan = partitions[i];
    const size_t start = 1 + i * kMegabytes;
    script += "start=" + std::to_string(start * 2048) +
              ", size=" + std::to_string(kMegabytes * 2048) +
              ", type=" + (table == "gpt" ? partition_type(plan.type) : "83");
    if (!plan.name.empty()) script += ", name=\"" + plan.name + "\"";
    if (!plan.uuid.empty()) script += ", uuid=" + plan.uuid;
    if (plan.no_auto) script += ", attrs=\"GUID:63\"";
    script += "\n";
    const std::string part = image + ".p" + std::to_string(i + 1), tree = part + ".d";
    if (plan.fs.empty()) continue;
    fill(directory, tree, plan.files);
    commands += "\ntruncate -s " + megabytes(kMegabytes) + " " + part + "\n";
    if (plan.fs == "ext4") {
      commands += "mke2fs -q -F -t ext4 -O ^has_journal -d " + tree +
                  (plan.fs_label.empty() ? "" : " -L '" + plan.fs_label + "'") +
                  (plan.fs_uuid.empty() ? "" : " -U " + plan.fs_uuid) + " " + part;
    } else if (plan.fs == "vfat") {
      commands += "mkfs.vfat " +
                  (plan.fs_uuid.empty()
                       ? ""
                       : "-i " + plan.fs_uuid.substr(0, 4) + plan.fs_uuid.substr(5) + " ") +
                  part + " >/dev/null\n(cd " + tree +
                  " && set -- * && [ \"$1\" = '*' ] || mcopy -s -i ../" +
                  std::filesystem::path(part).filename().string() + " * ::)";
    } else {
      commands += "printf 'LUKS\\272\\276\\0\\1' | dd of=" + part + " conv=notrunc status=none";
      if (!plan.fs_uuid.empty())
        commands += "\nprintf '" + plan.fs_uuid + "' | dd of=" + part +
                    " bs=1 seek=168 conv=notrunc status=none";
    }
    commands += "\ndd if=" + part + " of=" + image + " bs=1M seek=" + std::to_string(start) +
                " conv=notrunc,sparse status=none";
  }
  directory.file(image + ".sfdisk", script);
  commands += "\nsfdisk -q " + image + " <" + image + ".sfdisk";
  run(kPath + "set -e\n" + commands, directory.path());
}

std::map<std::string, std::string> root_files(const std::string& fstab) {
  return {{"etc/os-release", "ID=debian\n"},
          {"etc/passwd", "root:x:0:0::/root:/bin/sh\n"},
          {"etc/fstab", fstab},
          {"usr/bin/sh", "#!"},
          {"usr/lib/systemd/systemd", "#!"},
          {"usr/lib/systemd/system-generators/systemd-gpt-auto-generator", "#!"},
          {"bin", "-> usr/bin"}};
}

}  // namespace drydock::test
