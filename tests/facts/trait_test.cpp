#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::string holding(std::shared_ptr<MemoryTree> tree, Scope scope = Scope::host) {
  return test::facts(std::move(tree),
                     "SELECT name, because, loc FROM trait WHERE holds ORDER BY name", scope);
}

TEST(TraitFacts, AProgramWithoutAPackageIsEvidence) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/local/bin/dockerd", "", 0755).file("sbin/init", "", 0755);
  EXPECT_EQ(holding(tree),
            "container-host | /usr/local/bin/dockerd exists | usr/local/bin/dockerd\n"
            "docker | /usr/local/bin/dockerd exists | usr/local/bin/dockerd\n");
}

TEST(TraitFacts, ATraitThatDoesNotHoldSaysWhy) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/hostname", "x\n");
  EXPECT_EQ(test::facts(tree, "SELECT holds, because, loc FROM trait WHERE name = 'docker'"),
            "0 | none of its files is there | -\n");
}

TEST(TraitFacts, WhatWasNotReadMayDecide) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/bin/dockerd", "", 0755)
      .file("sbin/init", "", 0755)
      .directory("etc/containers")
      .leave_unread("etc/containers", "it is encrypted");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, holds, because FROM trait WHERE name IN ('docker', "
                        "'container-host', 'podman', 'kubernetes')"),
            "container-host | 1 | /usr/bin/dockerd exists\n"
            "docker | 1 | /usr/bin/dockerd exists\n"
            "kubernetes | 0 | none of its files is there\n"
            "podman | - | 'etc/containers': it is encrypted\n");
}

TEST(TraitFacts, InAnEtcTheConfigurationDecides) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/systemd/system/docker.service.d/10-x.conf", "[Service]\n")
      .file("etc/ssh/sshd_config", "");
  EXPECT_EQ(holding(tree, Scope::etc),
            "container-host | /etc/systemd/system/docker.service.d/10-x.conf exists | "
            "etc/systemd/system/docker.service.d/10-x.conf\n"
            "docker | /etc/systemd/system/docker.service.d/10-x.conf exists | "
            "etc/systemd/system/docker.service.d/10-x.conf\n"
            "sshd | /etc/ssh/sshd_config exists | etc/ssh/sshd_config\n");
}

TEST(TraitFacts, InAFragmentTheLooseFilesDecide) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("roles/d/files/daemon.json", "{}\n").file("roles/k/files/sysctl.conf", "");
  EXPECT_EQ(holding(tree, Scope::fragment),
            "container-host | roles/d/files/daemon.json is among the files | "
            "roles/d/files/daemon.json\n"
            "docker | roles/d/files/daemon.json is among the files | roles/d/files/daemon.json\n");
}

TEST(TraitFacts, Ipv6IsOffOnlyIfBothParametersSaySo) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("sbin/init", "").file("etc/sysctl.conf", "net.ipv6.conf.all.disable_ipv6 = 1\n");
  EXPECT_EQ(holding(tree), "");
  tree->file("etc/sysctl.d/6.conf", "net.ipv6.conf.default.disable_ipv6 = 1\n");
  EXPECT_EQ(holding(tree),
            "ipv6-disabled | net.ipv6.conf.all.disable_ipv6 and net.ipv6.conf.default.disable_ipv6 "
            "are 1 | etc/sysctl.conf\n");
}

TEST(TraitFacts, ARootlessDaemonLivesInAHomeDirectory) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("sbin/init", "").file("home/ci/.config/systemd/user/docker.service", "");
  EXPECT_EQ(holding(tree),
            "rootless-docker | /home/ci/.config/systemd/user/docker.service exists | "
            "home/ci/.config/systemd/user/docker.service\n");
}

TEST(TraitFacts, OsReleaseNamesTheDistributionAndItsParents) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("sbin/init", "")
      .file("usr/lib/os-release", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
  EXPECT_EQ(holding(tree),
            "debian | ID_LIKE in os-release says so | -\nlinuxmint | ID in os-release says so | -\n"
            "ubuntu | ID_LIKE in os-release says so | -\n");
}

TEST(TraitFacts, ARootWithoutInitAndKernelIsAContainerImage) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/bin/env", "", 0755).symlink("lib", "usr/lib");
  EXPECT_EQ(holding(tree),
            "container-image | it has no init program and no kernel | -\n"
            "usr-merged | /lib is a link | lib\n");
}

}  // namespace
}  // namespace drydock
