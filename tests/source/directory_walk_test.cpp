#include <gtest/gtest.h>

#include "analyzer/source/directory.h"
#include "tests/source/source_tools.h"

namespace drydock {
namespace {

class DirectoryWalkTest : public testing::Test {
 protected:
  DirectoryWalkTest() {
    std::string deep = "a";  // deeper than directories are kept open
    for (int i = 0; i < 80; ++i) deep += "/d";
    root_.directory("b/left-out/x")
        .file("a.txt", "x")
        .file("b/program", "x", 04755)
        .file(deep + "/end", "x")
        .symlink("link", "/etc");
  }

  static bool left_out(std::string_view path) { return path == "b/left-out"; }

  static std::string walked(const Tree& tree) {
    std::string out;
    walk_but(tree, left_out, [&](std::string_view path, const Stat& info) {
      out += std::string(path) + " " + std::string(name(info.type)) +
             (info.mode & 04000 ? " setuid" : "") + (tree.xattrs(path).empty() ? "" : " xattrs") +
             "\n";
      return path != "a/d/d";
    });
    return out;
  }

  test::TempDir root_;
};

TEST_F(DirectoryWalkTest, ByAThreadAsByOneself) {
  const auto tree = DirectoryTree::open(root_.path());
  ASSERT_TRUE(tree);
  const std::string expected =
      "a directory\na/d directory\na/d/d directory\na.txt file\nb directory\nb/left-out directory\n"
      "b/program file setuid\nlink symlink\n";
  EXPECT_EQ(walked(**tree), expected);
  begin_walk(**tree, left_out);
  EXPECT_EQ(walked(**tree), expected);
  EXPECT_EQ(walked(**tree), expected);  // once more without the thread
}

TEST_F(DirectoryWalkTest, GoesAsDeepAsThereIsSomething) {
  const auto tree = DirectoryTree::open(root_.path());
  ASSERT_TRUE(tree);
  const auto ends = [&] {
    size_t count = 0;
    walk_but(**tree, left_out, [&](std::string_view path, const Stat&) {
      count += path.ends_with("/d/end");
      return true;
    });
    return count;
  };
  EXPECT_EQ(ends(), 1u);
  begin_walk(**tree, left_out);
  EXPECT_EQ(ends(), 1u);
}

TEST_F(DirectoryWalkTest, ThatNobodyWantsEndsWithTheTree) {
  const auto tree = DirectoryTree::open(root_.path());
  ASSERT_TRUE(tree);
  begin_walk(**tree, left_out);
}

}  // namespace
}  // namespace drydock
