#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

TEST(PackageFacts, ReadDpkgAndTheDatabaseOfImagesWithoutDpkg) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file(
      "var/lib/dpkg/status",
      "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n"
      "Source: glibc (2.36-9)\n\nPackage: nis\nStatus: deinstall ok config-files\nVersion: 1:4\n");
  tree->file("var/lib/dpkg/status.d/tzdata",
             "Package: tzdata\nVersion: 2024a\nArchitecture: all\n");
  tree->file("var/lib/dpkg/status.d/tzdata.md5sums", "0123  usr/share/zoneinfo/UTC\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT name, version, epoch, architecture, status, source, source_version, "
                  "manager, loc FROM package ORDER BY name"),
      "libc6 | 2.36 | - | amd64 | installed | glibc | 2.36-9 | dpkg | var/lib/dpkg/status:1:1\n"
      "nis | 1:4 | 1 | - | config-files | nis | 1:4 | dpkg | var/lib/dpkg/status:7:1\n"
      "tzdata | 2024a | - | all | installed | tzdata | 2024a | dpkg | "
      "var/lib/dpkg/status.d/tzdata:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM parse_issue WHERE path <> 'etc/passwd'"), "");
}

TEST(PackageFacts, ReadApk) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("lib/apk/db/installed",
             "C:Q1=\nP:busybox-binsh\nV:1.36.1-r5\nA:x86_64\no:busybox\n\nP:musl\nV:1.2.4-r1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, version, architecture, status, source, manager, loc FROM "
                        "package ORDER BY name"),
            "busybox-binsh | 1.36.1-r5 | x86_64 | installed | busybox | apk | "
            "lib/apk/db/installed:2:1\n"
            "musl | 1.2.4-r1 | - | installed | musl | apk | lib/apk/db/installed:7:1\n");
  // apk-tools 3 has its database below usr; the old place is no longer read.
  tree->file("usr/lib/apk/db/installed", "P:only\nV:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT name FROM package"), "only\n");
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
