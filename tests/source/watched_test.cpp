// Which looks went where something was not read.
#include "analyzer/source/watched.h"

#include <gtest/gtest.h>

#include <functional>

#include "analyzer/source/memory.h"

namespace drydock::test {
namespace {

class Watched : public testing::Test {
 protected:
  Watched() {
    tree.file("etc/passwd", "root\n")
        .file("etc/broken", "x")
        .file("usr/lib/a.conf", "a")
        .directory("etc/ssh")
        .symlink("lib", "usr/lib")
        .break_file("etc/broken")
        .leave_unread("etc/ssh", "it is encrypted")
        .leave_unread("usr/lib/x/y", "it is damaged");
  }
  // What a look missed: "path: why; …".
  std::string missed(const std::function<void(const Tree&)>& look) {
    const WatchedTree watched(tree);
    look(watched);
    std::string out;
    for (const Unread& one : watched.missed()) out += one.path + ": " + one.why + "\n";
    return out;
  }
  MemoryTree tree;
};

TEST_F(Watched, WhatIsFoundIsNotMissed) {
  EXPECT_EQ(missed([](const Tree& t) {
              (void)t.read_resolved("etc/passwd");
              (void)t.list("etc");
              (void)t.lstat("etc/ssh");
              (void)t.glob("lib", "*.conf");
              (void)t.exists("etc/none");
            }),
            "");
}

TEST_F(Watched, ALookIntoWhatWasNotReadIs) {
  const std::string ssh = "etc/ssh: it is encrypted\n", y = "usr/lib/x/y: it is damaged\n";
  EXPECT_EQ(missed([](const Tree& t) { (void)t.exists("etc/ssh/sshd_config"); }), ssh);
  EXPECT_EQ(missed([](const Tree& t) { (void)t.glob("etc/ssh", "*"); }), ssh);
  EXPECT_EQ(missed([](const Tree& t) { (void)t.exists("lib/x/y/z"); }), "");  // stops at lib/x
  EXPECT_EQ(missed([](const Tree& t) { t.walk("", [](auto, const auto&) { return true; }); }),
            ssh + y);
  EXPECT_EQ(missed([](const Tree& t) { t.walk("usr", [](auto, const auto&) { return true; }); }),
            y);
  EXPECT_EQ(
      missed([](const Tree& t) { t.walk("etc/ssh", [](auto, const auto&) { return true; }); }),
      ssh);
}

TEST_F(Watched, AFileThatCannotBeReadIs) {
  EXPECT_EQ(missed([](const Tree& t) { (void)t.read("etc/broken"); }).substr(0, 12),
            "etc/broken: ");
}

TEST_F(Watched, BehindACutAnythingMayBe) {
  tree.leave_unread("", "the archive is cut");
  const std::string cut = ": the archive is cut\n";
  EXPECT_EQ(missed([](const Tree& t) { (void)t.read_resolved("etc/passwd"); }), "");
  EXPECT_EQ(missed([](const Tree& t) { (void)t.exists("etc/none"); }), cut);
  EXPECT_EQ(missed([](const Tree& t) { (void)t.list("usr"); }), cut);
}

TEST_F(Watched, StretchesAreToldApart) {
  const WatchedTree watched(tree);
  (void)watched.exists("etc/ssh/a");
  const size_t between = watched.mark();
  (void)watched.exists("etc/passwd");
  EXPECT_EQ(watched.missed({.begin = 0, .end = between}).size(), 1u);
  EXPECT_EQ(watched.missed({.begin = between}).size(), 0u);
}

}  // namespace
}  // namespace drydock::test
