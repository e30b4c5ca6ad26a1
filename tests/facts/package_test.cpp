#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(PackageFacts, ReadDpkgAndTheDatabaseOfImagesWithoutDpkg) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("var/lib/dpkg/status",
             "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n"
             "Source: glibc\n\nPackage: nis\nStatus: deinstall ok config-files\nVersion: 4\n");
  tree->file("var/lib/dpkg/status.d/tzdata",
             "Package: tzdata\nVersion: 2024a\nArchitecture: all\n");
  tree->file("var/lib/dpkg/status.d/tzdata.md5sums", "0123  usr/share/zoneinfo/UTC\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT name, version, architecture, status, source, manager, loc FROM "
                  "package ORDER BY name"),
      "libc6 | 2.36 | amd64 | installed | glibc | dpkg | var/lib/dpkg/status:1:1\n"
      "nis | 4 | - | config-files | nis | dpkg | var/lib/dpkg/status:7:1\n"
      "tzdata | 2024a | all | installed | tzdata | dpkg | var/lib/dpkg/status.d/tzdata:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM parse_issue"), "");
}

// os-release(5): "The file /etc/os-release takes precedence over /usr/lib/os-release."
TEST(OsReleaseFacts, TheFileInEtcHidesTheOther) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM os_release ORDER BY key"),
            "ID | debian | usr/lib/os-release:1:1\nVERSION_ID | 12 | usr/lib/os-release:2:1\n");
  tree->file("etc/os-release", "ID=ubuntu\nID='debian'\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM os_release ORDER BY key"),
            "ID | debian | etc/os-release:2:1\n");
}

}  // namespace
}  // namespace drydock
