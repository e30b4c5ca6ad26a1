#include "analyzer/facts/collect/module.h"

#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "lib/modules/6.1.0-9-amd64/modules.dep",
      "kernel/fs/cramfs/cramfs.ko:\nkernel/drivers/usb/storage/usb-storage.ko.xz: kernel/x.ko\n"
      "kernel/fs/hfs/hfs.ko:\n");
  tree->file("lib/modules/6.1.0-9-amd64/modules.builtin", "kernel/fs/squashfs/squashfs.ko\n");
  return tree;
}

std::string policy(std::shared_ptr<MemoryTree> tree, std::string_view modules) {
  return test::facts(std::move(tree),
                     "SELECT module, policy, install, is_blacklisted, options, presence, loc FROM "
                     "module_policy WHERE module IN (" +
                         std::string(modules) + ") ORDER BY module");
}

TEST(ModuleFacts, SayWhatMayBeLoadedAndWhatIsThere) {
  auto tree = host();
  tree->file(
      "etc/modprobe.d/a.conf",
      "install cramfs /bin/false\nblacklist usb-storage\noptions hfs a=1\noptions hfs b=2\n");
  EXPECT_EQ(policy(tree, "'cramfs','usb_storage','hfs','squashfs','udf'"),
            "cramfs | disabled | /bin/false | 0 | - | module | etc/modprobe.d/a.conf:1:1\n"
            "hfs | allowed | - | 0 | a=1 b=2 | module | -\n"
            "squashfs | allowed | - | 0 | - | built-in | -\n"
            "udf | allowed | - | 0 | - | absent | -\n"
            "usb_storage | blacklisted | - | 1 | - | module | etc/modprobe.d/a.conf:2:1\n");
}

// modprobe.d(5): the first install command counts; files are read in the order of their names.
TEST(ModuleFacts, TheFirstInstallCommandCountsWhateverItsDirectory) {
  auto tree = host();
  tree->file("etc/modprobe.d/50-a.conf", "install cramfs /bin/true\n");
  tree->file("usr/lib/modprobe.d/10-b.conf", "install cram* /sbin/modprobe -i cramfs\n");
  tree->file("etc/modprobe.d/10-b.conf.bak", "install hfs /bin/true\n");
  EXPECT_EQ(policy(tree, "'cramfs','hfs'"),
            "cramfs | command | /sbin/modprobe -i cramfs | 0 | - | module | "
            "usr/lib/modprobe.d/10-b.conf:1:1\n"
            "hfs | allowed | - | 0 | - | module | -\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT key, winner, loser, value, reason FROM override"),
      "cramfs | usr/lib/modprobe.d/10-b.conf:1:1 | etc/modprobe.d/50-a.conf:1:1 | /bin/true | "
      "the first install command for a module counts\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, why_not_read FROM modprobe_line WHERE NOT is_read"),
            "etc/modprobe.d/10-b.conf.bak | only files whose name ends in .conf are read\n");
}

TEST(ModuleFacts, AFileMasksThoseOfTheSameName) {
  auto tree = host();
  tree->symlink("etc/modprobe.d/10-b.conf", "/dev/null");
  tree->node("dev/null", NodeType::char_device, 0666);
  tree->file("usr/lib/modprobe.d/10-b.conf", "install cramfs /bin/false\n");
  EXPECT_EQ(policy(tree, "'cramfs'"), "cramfs | allowed | - | 0 | - | module | -\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, why_not_read FROM modprobe_line"),
            "usr/lib/modprobe.d/10-b.conf | masked by the file of the same name, "
            "etc/modprobe.d/10-b.conf\n");
}

TEST(ModuleFacts, WithoutModulesNobodyKnows) {
  auto tree = std::make_shared<MemoryTree>();
  tree->directory("lib/modules");
  EXPECT_EQ(policy(tree, "'cramfs'"), "cramfs | allowed | - | 0 | - | unknown | -\n");
}

TEST(ModuleFacts, InAFragmentOnlyWhatIsNamed) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("files/modprobe.d/x.conf", "install udf /bin/false\n");
  tree->file("files/modules-load.d/y.conf", "br-netfilter\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT module, policy, presence FROM module_policy", Scope::fragment),
      "udf | disabled | unknown\n");
  EXPECT_EQ(test::facts(tree, "SELECT module, is_read, loc FROM module_load", Scope::fragment),
            "br_netfilter | 1 | files/modules-load.d/y.conf:1:1\n");
}

TEST(ModuleFacts, ModulesLoadReadsConfOnly) {
  auto tree = host();
  tree->symlink("etc/modules-load.d/modules.conf", "../modules");
  tree->file("etc/modules", "loop\n");
  tree->file("etc/modules-load.d/k8s", "overlay\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT module, path, is_read, why_not_read FROM module_load ORDER BY module"),
      "loop | etc/modules | 1 | -\n"
      "overlay | etc/modules-load.d/k8s | 0 | only files whose name ends in .conf are read\n");
}

TEST(ModuleFacts, OnlyCommandsThatSurelyLoadNothingDisable) {
  for (const char* command :
       {"/bin/true", "/usr/bin/false", "false # note", "echo no; exit 1", ":",
        "/bin/true >/dev/null 2>&1", "true || false", "/dev/null", "# nothing"})
    EXPECT_TRUE(facts::loads_nothing(command)) << command;
  for (const char* command :
       {"/sbin/modprobe --ignore-install x", "true; modprobe -i x", "insmod y", "/bin/sh -c x",
        "echo `modprobe -i x`", "echo $(x)", "true\nkmod x", "true && /opt/load", "/bin/falsely"})
    EXPECT_FALSE(facts::loads_nothing(command)) << command;
}

}  // namespace
}  // namespace drydock
