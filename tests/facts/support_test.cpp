#include <gtest/gtest.h>

#include <set>

#include "analyzer/facts/lifecycle.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const std::string digits =
      std::string(text.substr(0, 4)) + std::string(text.substr(5, 2)) + std::string(text.substr(8));
  if (digits.find_first_not_of("0123456789") != std::string::npos) return false;
  const int month = std::stoi(digits.substr(4, 2)), day = std::stoi(digits.substr(6));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

// The data are written by hand: each line is whole, no release stands twice, extended support is after
// the other and has a name.
TEST(Lifecycle, TheDataAreWellFormed) {
  EXPECT_TRUE(is_date(facts::lifecycle_date()));
  EXPECT_GE(facts::lifecycles().size(), 190u);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const facts::Lifecycle& one : facts::lifecycles()) {
    SCOPED_TRACE(std::string(one.product) + " " + std::string(one.release));
    EXPECT_TRUE(one.kind == "distribution" || one.kind == "kernel" || one.kind == "runtime");
    EXPECT_TRUE(seen.emplace(one.product, one.release).second);
    EXPECT_FALSE(one.name.empty());
    EXPECT_TRUE(one.source.starts_with("https://"));
    EXPECT_TRUE(one.supported_until.empty() || is_date(one.supported_until));
    EXPECT_EQ(one.extended_until.empty(), one.extended_by.empty());
    if (!one.extended_until.empty()) {
      EXPECT_TRUE(is_date(one.extended_until));
      EXPECT_GT(one.extended_until, one.supported_until);
    }
  }
}

TEST(Lifecycle, AVersionBelongsToTheLongestReleaseItBeginsWith) {
  const auto release = [](std::string_view product, std::string_view version) {
    const facts::Lifecycle* found = facts::find_lifecycle(product, version);
    return found ? std::string(found->release) : "none";
  };
  EXPECT_EQ(release("rhel", "9.4"), "9");
  EXPECT_EQ(release("alpine", "3.19.1"), "3.19");
  EXPECT_EQ(release("alpine", "3.1.4"), "none");
  EXPECT_EQ(release("docker", "26.1.5"), "26.1");
  EXPECT_EQ(release("docker", "27.3.1"), "27");
  EXPECT_EQ(release("linux", "6.1.0-17-amd64"), "6.1");
  EXPECT_EQ(release("linux", "6.18.3"), "6.18");
  EXPECT_EQ(release("amzn", "2023"), "2023");
  EXPECT_EQ(release("sles", "15.9"), "none");
  EXPECT_EQ(release("debian", ""), "none");
}

TEST(SupportFacts, WhatIsInstalledAndUntilWhenItIsRepaired) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/os-release",
             "PRETTY_NAME=\"Debian GNU/Linux 10 (buster)\"\nID=debian\nVERSION_ID=\"10\"\n");
  tree->file("var/lib/dpkg/status",
             "Package: docker-ce\nStatus: install ok installed\nVersion: "
             "5:19.03.15~3-0~debian-buster\n\nPackage: runc\nStatus: install ok installed\n"
             "Version: 1.0.0~rc6+dfsg1-3+deb10u3\n\nPackage: linux-image-4.19.0-26-amd64\nStatus: "
             "install ok installed\nVersion: 4.19.304-1\n\nPackage: docker\nStatus: install ok "
             "installed\nVersion: 1.5-1\n\nPackage: containerd.io\nStatus: deinstall ok "
             "config-files\nVersion: 1.2.0-1\n");
  tree->file("usr/lib/modules/4.19.0-26-amd64/modules.dep", "");
  tree->file("usr/lib/modules/6.4.1/modules.dep", "");
  tree->symlink("lib", "usr/lib");
  tree->file("boot/vmlinuz-4.19.0-26-amd64", "");
  tree->file("boot/vmlinuz-6.4.1", "");
  tree->file("usr/lib/modules/6.5.0-1-amd64/updates/dkms/left.ko", "");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT kind, product, name, version, release, supported_until, extended_until, "
                  "maintainer, package, loc FROM support ORDER BY kind, version"),
      "distribution | debian | Debian 10 (buster) | 10 | 10 | 2024-06-30 | 2029-06-30 | vendor | - "
      "| etc/os-release:3:1\n"
      "kernel | linux | Linux 4.19 | 4.19.0-26-amd64 | 4.19 | 2024-12-05 | - | distribution | "
      "linux-image-4.19.0-26-amd64 | boot/vmlinuz-4.19.0-26-amd64\n"
      "kernel | linux | Linux 6.4 | 6.4.1 | 6.4 | 2023-09-13 | - | vendor | - | "
      "boot/vmlinuz-6.4.1\n"
      "runtime | runc | runc 1.0 | 1.0.0 | 1.0 | 2022-01-14 | - | distribution | runc | "
      "var/lib/dpkg/status:5:1\n"
      "runtime | docker | Docker Engine 19.03 | 19.03.15 | 19.03 | 2021-01-08 | - | vendor | "
      "docker-ce | var/lib/dpkg/status:1:1\n");
}

TEST(SupportFacts, AReleaseTheDataDoNotKnowHasNoDates) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/os-release", "PRETTY_NAME=\"Kali GNU/Linux Rolling\"\nID=kali\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, version, release, supported_until, loc FROM support"),
            "Kali GNU/Linux Rolling | - | - | - | etc/os-release:2:1\n");
  tree->file("etc/os-release", "NAME=\"CentOS Stream\"\nID=\"centos\"\nVERSION_ID=\"8\"\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, supported_until FROM support"),
            "CentOS Stream 8 | 2024-05-31\n");
}

}  // namespace
}  // namespace drydock
