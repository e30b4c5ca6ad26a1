// Disk images and archives from the outside: volumes, ls, cat, extract, --stats, and what is said of what could
// not be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/run.h"
#include "tests/paths.h"
#include "tests/source/disk/disk_maker.h"
#include "tests/source/disk/images.h"
#include "tests/source/source_tools.h"

namespace drydock::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Images : public testing::Test {
 protected:
  // fixtures/images/NAME.img as NAME.img.
  void unpack(const std::string& name) {
    const auto& bytes = image_bytes(name);
    w.file(name + ".img", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  Workspace w;
};

TEST_F(Images, VolumesShowsTheStack) {
  unpack("ext4");
  EXPECT_EQ(w.drydock({"volumes", "ext4.img"}),
            (Ran{0,
                 "raw, 24.0 MiB, no partition table\n"
                 "  disk  24.0 MiB  ext4  UUID=11111111-2222-3333-4444-555555555555  "
                 "LABEL=fixture  on /\n",
                 ""}));
  unpack("gpt-4k");
  const Ran ran = w.drydock({"volumes", "gpt-4k.img", "--format", "json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const json disk = json::parse(ran.out)["disks"][0];
  EXPECT_EQ(disk["sectorSize"], 4096);
  std::string shown;
  for (const json& volume : disk["volumes"])
    shown += volume["name"].get<std::string>() + " " + volume["start"].dump() + " " +
             volume["size"].dump() + " " + volume["partitionLabel"].get<std::string>() + "\n";
  EXPECT_EQ(shown,
            "p1 1048576 2097152 EFI System\n"
            "p2 3145728 3145728 root\n"
            "p3 6291456 9437184 dåtå\n");
}

TEST_F(Images, AnImageWithoutARootSaysWhatIsInIt) {
  unpack("fat32");
  const Ran ran = w.drydock({"scan", "fat32.img"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("is a disk image without a root file system"));
  EXPECT_THAT(ran.err, HasSubstr("vfat"));
}

TEST_F(Images, LsAndCatLookInside) {
  unpack("ext4");
  EXPECT_EQ(w.drydock({"ls", "ext4.img", "/etc"}),
            (Ran{0,
                 "-rw-r--r--     0     0         34 2023-11-14 22:13 etc/fstab\n"
                 "lrwxrwxrwx     0     0         21 2023-11-14 22:13 etc/os-release -> "
                 "../usr/lib/os-release\n"
                 "-rw-r--r--     0     0         32 2023-11-14 22:13 etc/passwd\n"
                 "-rw-r-----     0    42         26 2023-11-14 22:13 etc/shadow\n",
                 ""}));
  EXPECT_EQ(w.drydock({"cat", "ext4.img", "/etc/os-release"}),
            (Ran{0, "ID=debian\nVERSION_ID=\"12\"\n", ""}));
  const Ran none = w.drydock({"cat", "ext4.img", "etc/none"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("'etc/none' does not exist"));
  EXPECT_EQ(w.drydock({"cat", "ext4.img", "links/loop-a"}).code, 2);
}

// The hashes of the truth are the kernel's.
TEST_F(Images, ExtractCopiesContentsAndNothingDangerous) {
  unpack("ext4");
  const Ran ran = w.drydock(
      {"extract", "ext4.img", "/sizes", "/sparse", "/modes", "/dev", "/links", "-o", "out"});
  EXPECT_EQ(ran.code, 3) << "devices stay behind";
  EXPECT_THAT(ran.err, HasSubstr("not extracted: dev/null: a char-device"));
  EXPECT_THAT(ran.err,
              HasSubstr("not extracted: links/l0: a link to /etc/passwd, which leads out"));
  std::istringstream truth_lines(truth("ext4.tsv"));
  std::string wanted;
  for (std::string line; std::getline(truth_lines, line);) {
    std::vector<std::string> field;
    std::istringstream fields(line);
    for (std::string one; std::getline(fields, one, '\t');) field.push_back(one);
    const bool asked = field[0].starts_with("sizes/") || field[0].starts_with("sparse/") ||
                       field[0].starts_with("modes/");
    if (field[1] == "f" && asked) wanted += field[9] + "  ./" + field[0] + "\n";
  }
  EXPECT_EQ(w.shell("cd out && find sizes sparse modes -type f -printf './%p\\n' | LC_ALL=C sort | "
                    "xargs sha256sum"),
            wanted);
  EXPECT_EQ(w.shell("find out ! -type l -perm /7022 -printf '%P\\n'"), "")
      << "set-user-ID, or writable by others";
  EXPECT_EQ(w.shell("cd out && find dev -type b -o -type c -o -type p -o -type s"), "");
  EXPECT_EQ(w.shell("find out/sparse/hole -printf '%s %b\\n' | awk '{ print $1, $2 < 10000 }'"),
            "31457280 1\n")
      << "holes stay holes";
  EXPECT_EQ(w.drydock({"extract", "ext4.img", "/etc/passwd", "-o", "out"}).code, 0);
  EXPECT_THAT(w.drydock({"extract", "ext4.img", "/etc/passwd", "-o", "out"}).err,
              HasSubstr("not extracted: etc/passwd: File exists"));
}

TEST_F(Images, ArchivesAreLookedIntoTheSameWay) {
  w.file("d/etc/passwd", "root:x:0:0::/:\n")
      .file("d/etc/os-release", "ID=a\n")
      .file("d/usr/bin/sh", "x");
  w.shell(
      "chmod 4755 d/usr/bin/sh; ln -s os-release d/etc/link; tar -C d --owner 0 --group 0 "
      "--mtime @0 -czf a.tar.gz .; (cd d && find . | cpio --quiet -o -H newc > ../a.cpio)");
  for (const std::string archive : {"a.tar.gz", "a.cpio"}) {
    SCOPED_TRACE(archive);
    EXPECT_EQ(w.drydock({"cat", archive, "etc/link"}), (Ran{0, "ID=a\n", ""}));
    EXPECT_THAT(w.drydock({"ls", archive, "-R"}).out, HasSubstr("-rwsr-xr-x"));
    EXPECT_EQ(w.drydock({"extract", archive, "etc", "usr", "-o", archive + ".out"}).code, 0);
    EXPECT_EQ(w.shell("cd " + archive +
                      ".out && find . -type f -perm /4000 -o -type l -printf '%p %l\\n'"),
              "./etc/link os-release\n");
  }
  EXPECT_EQ(w.drydock({"ls", "a.tar.gz", "etc"}).out,
            "lrwxrwxrwx     0     0         10 1970-01-01 00:00 etc/link -> os-release\n"
            "-rw-r--r--     0     0          5 1970-01-01 00:00 etc/os-release\n"
            "-rw-r--r--     0     0         15 1970-01-01 00:00 etc/passwd\n");
  EXPECT_EQ(w.drydock({"volumes", "a.tar.gz"}).code, 2);
}

TEST_F(Images, StatsSayWhatWasReadOfTheImage) {
  unpack("ext4");
  const Ran ran = w.drydock({"scan", "ext4.img", "--rule", "account-empty-password", "--stats"});
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  double megabytes = -1;
  unsigned reads = 0;
  const size_t at = ran.err.find("image ");
  ASSERT_NE(at, std::string::npos) << ran.err;
  ASSERT_EQ(std::sscanf(ran.err.c_str() + at, "image %lf MiB read in %u reads", &megabytes, &reads),
            2)
      << ran.err;
  EXPECT_GT(megabytes, 0);
  EXPECT_LT(megabytes, 2) << "of 24 MiB";
  EXPECT_GT(reads, 3u);
}

// ── what was not read ──

// Outcomes of these rules, what was said of the artifact, the exit code.
std::string judged(const Workspace& w, const std::string& artifact,
                   const std::vector<std::string>& rules) {
  std::vector<std::string> arguments = {"scan", artifact, "-o", "json=-"};
  for (const std::string& rule : rules) arguments.insert(arguments.end(), {"--rule", rule});
  const Ran ran = w.drydock(arguments);
  const json report = json::parse(ran.out, nullptr, false);
  std::string out = "exit " + std::to_string(ran.code) + "\n";
  if (!report.is_object()) return out + ran.err;
  for (const json& target : report["targets"]) {
    for (const json& rule : target["rules"])
      out += rule["id"].get<std::string>() + " " + rule["outcome"].get<std::string>() + "\n";
    for (const json& one : target["diagnostics"])
      out += (one["place"].is_null() ? "" : one["place"]["path"].get<std::string>() + ": ") +
             one["message"].get<std::string>() + "\n";
  }
  return out;
}

TEST_F(Images, AnEncryptedVolumeLeavesItsRulesUnknown) {
  if (const std::string missing = missing_disk_tools(); !missing.empty())
    GTEST_SKIP() << missing << " is not installed";
  TempDir dir;
  PartitionPlan root{.files = root_files("UUID=7d9d7a86-5c2c-4a8e-9d1c-0f6a1a2b3c4d / ext4\n"
                                         "/dev/mapper/etc-ssh /etc/ssh ext4\n")};
  root.files["etc/ssh/"] = "";
  root.files["etc/shadow"] = "root:*:1::::::\n";
  make_disk(dir, "disk.img", {root, {.fs = "luks"}});
  if (installed("cryptsetup") || installed("-p cryptsetup"))
    run("PATH=$PATH:/usr/sbin:/sbin; truncate -s 20M p; printf k | cryptsetup luksFormat -q --type "
        "luks1 "
        "--pbkdf-force-iterations 1000 p - && dd if=p of=disk.img bs=1M count=1 seek=5 "
        "conv=notrunc "
        "status=none",
        dir.path());
  const std::string disk = dir.path("disk.img");
  EXPECT_EQ(judged(w, disk, {"account-empty-password", "sshd-root-login"}),
            "exit 3\n"
            "account-empty-password pass\n"
            "sshd-root-login unknown\n"
            "etc/ssh: nothing in it was read: '/dev/mapper/etc-ssh' is not in the image\n");
  const Ran volumes = w.drydock({"volumes", disk});
  EXPECT_EQ(volumes.code, 3);
  EXPECT_THAT(volumes.out,
              testing::ContainsRegex(
                  "crypto_LUKS  (UUID=[-0-9a-f]{36}  )?not read: it is encrypted .LUKS."));
  EXPECT_THAT(volumes.err,
              HasSubstr("partition 2 (crypto_LUKS) was not read: it is encrypted (LUKS)"));
}

TEST_F(Images, WhatStoodBehindTheCutOfAnArchiveIsUnknown) {
  w.file("d/etc/passwd", "root:x:0:0::/:/bin/sh\n")
      .file("d/etc/os-release", "ID=a\n")
      .file("d/etc/group", "root:x:0:\n")
      .file("d/etc/shadow", "root:*:1::::::\n")
      .file("d/etc/sysctl.d/10.conf", "net.ipv4.conf.all.accept_redirects = 0\n")
      .file("d/usr/bin/sh", std::string(100'000, 'x'))
      .file("d/etc/sysctl.d/20.conf", "net.ipv4.conf.all.accept_redirects = 1\n");
  w.shell(
      "cd d && tar -cf ../whole.tar etc/passwd etc/os-release etc/group etc/shadow "
      "etc/sysctl.d/10.conf usr/bin/sh etc/sysctl.d/20.conf && cd .. && head -c 60000 whole.tar "
      ">cut.tar");
  const std::vector<std::string> rules = {"sysctl-ipv4-all-accept-redirects"};
  EXPECT_THAT(judged(w, "whole.tar", rules), HasSubstr("exit 0\n"));
  EXPECT_EQ(judged(w, "cut.tar", rules), "exit 3\nsysctl-ipv4-all-accept-redirects unknown\n");
}

TEST_F(Images, WhatABrokenImageLacksIsUnknown) {
  if (const std::string missing = missing_disk_tools(); !missing.empty())
    GTEST_SKIP() << missing << " is not installed";
  TempDir dir;
  PartitionPlan root{.files = root_files("")};
  root.files["etc/sysctl.d/10.conf"] = "net.ipv4.conf.all.accept_redirects = 0\n";
  root.files["etc/shadow"] = "root:*:1::::::\n";
  make_disk(dir, "disk.img", {root});
  // The directory etc/sysctl.d loses its only block.
  run("PATH=$PATH:/usr/sbin:/sbin; block=$(debugfs -R 'blocks /etc/sysctl.d' disk.img.p1 "
      "2>/dev/null); "
      "size=$(dumpe2fs -h disk.img.p1 2>/dev/null | sed -n 's/Block size: *//p'); "
      "tr '\\0' '\\377' </dev/zero | dd of=disk.img bs=1 seek=$((1048576 + block * size)) "
      "count=$size "
      "conv=notrunc status=none",
      dir.path());
  const std::string told = judged(w, dir.path("disk.img"),
                                  {"account-empty-password", "sysctl-ipv4-all-accept-redirects"});
  EXPECT_THAT(told, HasSubstr("exit 3\naccount-empty-password pass\n"
                              "sysctl-ipv4-all-accept-redirects unknown\n"
                              "etc/sysctl.d: nothing in it was read: the directory, inode "));
}

}  // namespace
}  // namespace drydock::test
