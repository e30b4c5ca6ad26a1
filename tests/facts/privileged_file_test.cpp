#include <gtest/gtest.h>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

TEST(PrivilegedFileFacts, WhatPackagesOfDebianShip) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/bin/su", "", 04755)
      .file("usr/bin/bash", "", 04755)
      .file("usr/bin/fping", "", 04755);
  tree->file("usr/local/bin/edit", "", 06755).file("usr/bin/plain", "", 0755);
  tree->file("var/lib/docker/overlay2/x/diff/su", "", 04755).file("srv/lock", "", 02644);
  tree->file("var/lib/dpkg/info/util-linux.list", "/.\n/bin/su\n");
  tree->file("var/lib/dpkg/info/bash.list", "/.\n/bin/bash\n");
  tree->file("var/lib/dpkg/info/fping:amd64.list", "/usr/bin/fping\n");
  tree->file("var/lib/dpkg/statoverride",
             "root root 4755 /usr/bin/fping\nroot root 4755 /nothing\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT path, setuid, setgid, mode_text, package, manager, shipped, known FROM "
                  "privileged_file ORDER BY path"),
      "usr/bin/bash | 1 | 0 | 4755 | bash | dpkg | 0 | 1\n"
      "usr/bin/fping | 1 | 0 | 4755 | fping | dpkg | 1 | 1\n"
      "usr/bin/su | 1 | 0 | 4755 | util-linux | dpkg | 1 | 1\n"
      "usr/local/bin/edit | 1 | 1 | 6755 | - | - | 0 | 1\n");
}

TEST(PrivilegedFileFacts, ApkRecordsModes) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("bin/bbsuid", "", 04111).file("bin/busybox", "", 04755);
  tree->file("lib/apk/db/installed",
             "P:busybox\nV:1\nF:bin\nR:bbsuid\na:0:0:4111\nR:busybox\na:0:0:755\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, package, shipped FROM privileged_file ORDER BY path"),
            "bin/bbsuid | busybox | 1\nbin/busybox | busybox | 0\n");
}

// The checksums are md5sum(1)'s.
TEST(ConffileFacts, AgainstThePackagesChecksum) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/same", "hello\n").file("etc/other", "hello\n");
  tree->symlink("etc/link", "same");
  tree->file("var/lib/dpkg/status",
             "Package: a\nStatus: install ok installed\nVersion: 1\nConffiles:\n"
             " /etc/same b1946ac92492d2347c6235b4d2611184\n"
             " /etc/other d41d8cd98f00b204e9800998ecf8427e obsolete\n"
             " /etc/link b1946ac92492d2347c6235b4d2611184\n"
             " /etc/gone d41d8cd98f00b204e9800998ecf8427e\n"
             " /etc/new newconffile\n /opt/x d41d8cd98f00b204e9800998ecf8427e\n\n"
             "Package: b\nStatus: deinstall ok config-files\nConffiles:\n"
             " /etc/same d41d8cd98f00b204e9800998ecf8427e\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, package, state, obsolete, loc FROM conffile"),
            "etc/same | a | unchanged | 0 | etc/same\n"
            "etc/other | a | changed | 1 | etc/other\n"
            "etc/link | a | unchanged | 0 | etc/link\n"
            "etc/gone | a | missing | 0 | var/lib/dpkg/status:8:2\n");
}

}  // namespace
}  // namespace drydock
