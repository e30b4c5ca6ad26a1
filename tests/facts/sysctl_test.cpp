#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kEffective = "SELECT key, value, loc FROM sysctl ORDER BY key, path";
constexpr std::string_view kOverrides =
    "SELECT key, winner, loser, value, reason FROM override WHERE table_name = 'sysctl' ORDER BY "
    "key, loser";

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/systemd-sysctl", "");
  return tree;
}

// sysctl.d(5): files are sorted by name whatever their directory, so /usr/lib's 99-protect beats
// /etc's 50-docker.
TEST(SysctlFacts, TheLatestNameWinsWhateverItsDirectory) {
  auto tree = host();
  tree->file("usr/lib/sysctl.d/99-protect-links.conf", "fs.protected_hardlinks = 1\n");
  tree->file("etc/sysctl.d/98-docker.conf", "# weak\nfs.protected_hardlinks = 0\n");
  EXPECT_EQ(test::facts(tree, kEffective),
            "fs.protected_hardlinks | 1 | usr/lib/sysctl.d/99-protect-links.conf:1:1\n");
  EXPECT_EQ(test::facts(tree, kOverrides),
            "fs.protected_hardlinks | usr/lib/sysctl.d/99-protect-links.conf:1:1 | "
            "etc/sysctl.d/98-docker.conf:2:1 | 0 | read earlier than "
            "usr/lib/sysctl.d/99-protect-links.conf\n");
}

TEST(SysctlFacts, AFileMasksThoseOfTheSameNameBehindIt) {
  auto tree = host();
  tree->file("etc/sysctl.d/10-net.conf", "net.ipv4.ip_forward=0\n");
  tree->file("usr/lib/sysctl.d/10-net.conf", "net.ipv4.ip_forward=1\nkernel.sysrq=1\n");
  EXPECT_EQ(test::facts(tree, kEffective),
            "net.ipv4.ip_forward | 0 | etc/sysctl.d/10-net.conf:1:1\n");
  EXPECT_EQ(
      test::facts(tree, kOverrides),
      "kernel.sysrq | - | usr/lib/sysctl.d/10-net.conf:2:1 | 1 | "
      "masked by the file of the same name, etc/sysctl.d/10-net.conf\n"
      "net.ipv4.ip_forward | etc/sysctl.d/10-net.conf:1:1 | usr/lib/sysctl.d/10-net.conf:1:1 | 1 | "
      "masked by the file of the same name, etc/sysctl.d/10-net.conf\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT loc, why_not_read FROM sysctl_line WHERE NOT is_read AND key = 'kernel.sysrq'"),
      "usr/lib/sysctl.d/10-net.conf:2:1 | masked by the file of the same name, "
      "etc/sysctl.d/10-net.conf\n");
}

TEST(SysctlFacts, ALinkToDevNullMasksWithoutReplacement) {
  auto tree = host();
  tree->symlink("etc/sysctl.d/50-default.conf", "/dev/null");
  tree->node("dev/null", NodeType::char_device, 0666);
  tree->file("usr/lib/sysctl.d/50-default.conf", "kernel.sysrq = 16\n");
  EXPECT_EQ(test::facts(tree, kEffective), "");
  EXPECT_EQ(test::facts(tree, "SELECT path, message FROM parse_issue WHERE path <> 'etc/passwd'"),
            "");
}

TEST(SysctlFacts, SystemdReadsSysctlConfOnlyThroughALink) {
  auto tree = host();
  tree->file("etc/sysctl.conf", "net.ipv4.ip_forward = 1\n");
  EXPECT_EQ(test::facts(tree, kEffective), "");
  EXPECT_EQ(test::facts(tree, "SELECT loc, why_not_read FROM sysctl_line"),
            "etc/sysctl.conf:1:1 | systemd-sysctl reads /etc/sysctl.d, not /etc/sysctl.conf\n");
  tree->symlink("etc/sysctl.d/99-sysctl.conf", "../sysctl.conf");
  EXPECT_EQ(test::facts(tree, kEffective), "net.ipv4.ip_forward | 1 | etc/sysctl.conf:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT loc, is_read FROM sysctl_line"), "etc/sysctl.conf:1:1 | 1\n");
}

// sysctl(8) --system reads /etc/sysctl.conf last; without systemd that is what runs at boot.
TEST(SysctlFacts, WithoutSystemdSysctlConfIsReadLast) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/sysctl.conf", "kernel.sysrq = 0\n")
      .file("etc/sysctl.d/zz.conf", "kernel.sysrq = 1\n");
  EXPECT_EQ(test::facts(tree, kEffective), "kernel.sysrq | 0 | etc/sysctl.conf:1:1\n");
}

TEST(SysctlFacts, AnExplicitSettingBeatsAGlobAndAnExclusionLeavesTheKeyOut) {
  auto tree = host();
  tree->file("etc/sysctl.d/1.conf",
             "net.ipv4.conf.all.rp_filter = 0\n-net.ipv4.conf.default.rp_filter\n");
  tree->file("etc/sysctl.d/2.conf", "net.ipv4.conf.*.rp_filter = 1\n");
  EXPECT_EQ(test::facts(tree, kEffective),
            "net.ipv4.conf.*.rp_filter | 1 | etc/sysctl.d/2.conf:1:1\n"
            "net.ipv4.conf.all.rp_filter | 0 | etc/sysctl.d/1.conf:1:1\n");
}

TEST(SysctlFacts, AGlobSetsTheKeysItCovers) {
  auto tree = host();
  tree->file("etc/sysctl.d/2.conf", "net.ipv4.conf.*.rp_filter = 2\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, glob FROM sysctl ORDER BY key"),
            "net.ipv4.conf.*.rp_filter | 2 | net.ipv4.conf.*.rp_filter\n"
            "net.ipv4.conf.all.rp_filter | 2 | net.ipv4.conf.*.rp_filter\n"
            "net.ipv4.conf.default.rp_filter | 2 | net.ipv4.conf.*.rp_filter\n");
}

TEST(SysctlFacts, AFileWithoutTheEndingIsNotRead) {
  auto tree = host();
  tree->file("etc/sysctl.d/hardening", "kernel.sysrq = 0\n");
  EXPECT_EQ(test::facts(tree, "SELECT loc, why_not_read FROM sysctl_line"),
            "etc/sysctl.d/hardening:1:1 | only files whose name ends in .conf are read\n");
}

TEST(SysctlFacts, InAFragmentEveryFileStandsForItself) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("roles/a/files/sysctl.conf", "kernel.sysrq = 0\n");
  tree->file("roles/b/files/sysctl.d/10-x.conf", "kernel.sysrq = 1\n");
  EXPECT_EQ(test::facts(tree, kEffective, Scope::fragment),
            "kernel.sysrq | 0 | roles/a/files/sysctl.conf:1:1\n"
            "kernel.sysrq | 1 | roles/b/files/sysctl.d/10-x.conf:1:1\n");
}

TEST(SysctlFacts, WhatCannotBeReadIsSaidAndWhatIsMalformedCostsOneIssue) {
  auto tree = host();
  tree->file("etc/sysctl.d/1.conf", "kernel.sysrq = 0\n").break_file("etc/sysctl.d/1.conf");
  tree->file("etc/sysctl.d/2.conf", "kernel.sysrq 1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT loc, code, effect FROM parse_issue WHERE table_name = 'sysctl'"),
      "etc/sysctl.d/1.conf | not-readable | unknown\n"
      "etc/sysctl.d/2.conf:1:1 | missing-equals | ignored\n");
}

// sysctl.d(5): "-" and a key alone keeps globs away. For systemd-sysctl it also takes the place of an assignment before it;
// sysctl(8) sets what is assigned.
TEST(SysctlFacts, AnExclusionBehindAnAssignmentUndoesItForSystemdOnly) {
  const std::string text = "kernel.sysrq = 1\n-kernel.sysrq\n";
  auto tree = host();
  tree->file("etc/sysctl.d/1.conf", text);
  EXPECT_EQ(test::facts(tree, kEffective), "");
  EXPECT_EQ(test::facts(tree, "SELECT key, winner, loser, reason FROM override"),
            "kernel.sysrq | - | etc/sysctl.d/1.conf:1:1 | excluded later by '-kernel.sysrq'\n");
  auto plain = std::make_shared<MemoryTree>();
  plain->file("etc/sysctl.d/1.conf", text);
  EXPECT_EQ(test::facts(plain, kEffective), "kernel.sysrq | 1 | etc/sysctl.d/1.conf:1:1\n");
}

}  // namespace
}  // namespace drydock
