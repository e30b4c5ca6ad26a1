#include "analyzer/source/tree.h"

#include <fnmatch.h>
#include <gtest/gtest.h>

#include "analyzer/source/memory.h"

namespace drydock {
namespace {

// Every pattern against every text, fnmatch(3) being the truth. Without FNM_PERIOD: Tree::glob minds
// leading dots itself.
TEST(GlobMatch, AgreesWithFnmatch) {
  const std::vector<std::string> patterns = {
      "",       "*",      "**",      "?",       "a",     "a*",           "*a",
      "*a*",    "a?c",    "a*c",     "*.conf",  "[a]",   "[!a]",         "[^a]",
      "[a-c]*", "[a-",    "[",       "[]]",     "[!]]",  "[]a]b",        "a[b",
      "\\*",    "\\a",    "a\\?c",   "*/b",     "a/*",   "a/b",          "?/b",
      "*b*c*d", "*a*a*a", "[a-c-e]", "[-a]",    "[a-]",  "[.]*",         "99-*.conf",
      "a**b",   "*\\",    "[\\]]",   "[a\\-c]", "x*y*z", "[[:alpha:]]*", "[[:digit:]x]?",
      "[c-a]",  "a[/]b",  "[!x]b"};
  const std::vector<std::string> texts = {
      "",    "a",   "b",     "c",   "ab",    "abc",       "a.conf", ".conf", "a/b", "/",
      "/b",  "]",   "]b",    "-",   "[",     "[a-",       "a[b",    "*",     "\\a", "a?c",
      "axc", "aaa", "x1y2z", "xyz", "bxcxd", "99-a.conf", "e",      "d",     "\\",  "1a",
      "xa",  "a-c", "/a",    "a/",  ".",     "..",        "a\\"};
  for (const std::string& pattern : patterns)
    for (const std::string& text : texts) {
      EXPECT_EQ(glob_match(pattern, text),
                fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0)
          << "'" << pattern << "' on '" << text << "'";
      EXPECT_EQ(glob_match(pattern, text, true), fnmatch(pattern.c_str(), text.c_str(), 0) == 0)
          << "'" << pattern << "' across '" << text << "'";
    }
}

// The same over generated patterns and texts of a small alphabet that provokes every branch.
TEST(GlobMatch, AgreesWithFnmatchOnGeneratedCases) {
  const std::string pattern_letters = "ab*?[]!-/\\", text_letters = "ab]-/";
  uint32_t state = 12345;
  const auto next = [&](size_t bound) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
  };
  const auto word = [&](const std::string& letters, size_t longest) {
    std::string out;
    for (size_t i = next(longest + 1); i > 0; --i) out += letters[next(letters.size())];
    return out;
  };
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = word(pattern_letters, 7), text = word(text_letters, 6);
    // glibc never lets "*\\/" match "/", though an escaped slash is a slash (POSIX XCU 2.13.1).
    if (pattern.find("\\/") != std::string::npos) continue;
    ASSERT_EQ(glob_match(pattern, text), fnmatch(pattern.c_str(), text.c_str(), FNM_PATHNAME) == 0)
        << "'" << pattern << "' on '" << text << "'";
  }
}

TEST(GlobMatch, IsNotExponential) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "*b", std::string(4000, 'a')));
  EXPECT_FALSE(glob_match(std::string(2000, '['), std::string(4000, 'a')));
}

TEST(NormalPath, IsLexical) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"/", ""},
                                                       {".", ""},
                                                       {"..", ""},
                                                       {"a", "a"},
                                                       {"/a/b/d", "a/b/d"},
                                                       {"a//b/./c/../d", "a/b/d"},
                                                       {"../a", "a"},
                                                       {"a/..", ""},
                                                       {"a/../../b", "b"},
                                                       {"./a/", "a"},
                                                       {"a/b/..", "a"},
                                                       {"...", "..."},
                                                       {"a/.b", "a/.b"}};
  for (const auto& [path, normal] : cases) EXPECT_EQ(normal_path(path), normal) << path;
}

TEST(Paths, SplitAndJoin) {
  EXPECT_EQ(join_path("etc/ssh", "sshd_config"), "etc/ssh/sshd_config");
  EXPECT_EQ(join_path("", "etc"), "etc");
  EXPECT_EQ(join_path("etc", ""), "etc");
  EXPECT_EQ(join_path("etc/ssh", "/usr/lib"), "usr/lib");
  EXPECT_EQ(parent_path("etc/ssh/x"), "etc/ssh");
  EXPECT_EQ(parent_path("etc"), "");
  EXPECT_EQ(file_name("etc/ssh/x"), "x");
  EXPECT_EQ(file_name("etc"), "etc");
}

std::string resolved(const Tree& tree, std::string_view path, bool follow_last = true) {
  const auto real = tree.resolve(path, follow_last);
  return real ? "→ " + *real : real.error().message;
}

class Resolve : public testing::Test {
 protected:
  Resolve() {
    tree.file("usr/bin/sh", "")
        .symlink("bin", "usr/bin")
        .symlink("usr/bin/dash", "sh")
        .symlink("absolute", "/usr/bin/dash")
        .symlink("up", "../../../usr")
        .symlink("etc/alternatives/editor", "../../bin/sh")
        .symlink("nowhere", "/usr/none")
        .symlink("self", "self")
        .symlink("ping", "pong")
        .symlink("pong", "ping")
        .symlink("through", "usr/bin/sh/x")
        .symlink("dot", ".")
        .symlink("empty", "");
  }
  MemoryTree tree;
};

TEST_F(Resolve, FollowsLinksInsideTheTree) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "→ "},
      {"usr/bin/sh", "→ usr/bin/sh"},
      {"bin", "→ usr/bin"},
      {"bin/sh", "→ usr/bin/sh"},
      {"bin/dash", "→ usr/bin/sh"},
      {"absolute", "→ usr/bin/sh"},
      {"up/bin/sh", "→ usr/bin/sh"},  // ".." at the root stays there
      {"etc/alternatives/editor", "→ usr/bin/sh"},
      {"bin/../lib",
       "'bin/../lib' does not exist"},  // usr/lib: ".." goes up from where the link led
      {"bin/../bin/sh", "→ usr/bin/sh"},
      {"dot/dot/dot/bin", "→ usr/bin"},
      {"nowhere", "'nowhere' does not exist"},
      {"self", "'self' is a loop of symbolic links"},
      {"ping/x", "'ping/x' is a loop of symbolic links"},
      {"through", "'through' goes through a file"},
      {"usr/bin/sh/x", "'usr/bin/sh/x' goes through a file"},
      {"/usr//bin/./sh", "→ usr/bin/sh"}};
  for (const auto& [path, expected] : cases) EXPECT_EQ(resolved(tree, path), expected) << path;
  EXPECT_EQ(resolved(tree, "bin", false), "→ bin");
  EXPECT_EQ(resolved(tree, "bin/dash", false), "→ usr/bin/dash");
  EXPECT_EQ(resolved(tree, "self", false), "→ self");
}

TEST_F(Resolve, StopsAtTheKernelsNumberOfLinks) {
  for (int i = 0; i < 50; ++i) tree.symlink("l" + std::to_string(i), "l" + std::to_string(i + 1));
  tree.file("l50", "");
  EXPECT_EQ(resolved(tree, "l10"), "→ l50");  // 40 links, path_resolution(7)
  EXPECT_EQ(resolved(tree, "l9"), "'l9' is a loop of symbolic links");
}

TEST_F(Resolve, AFragmentHasNoRootToGoBackTo) {
  tree.escapes_are_errors = true;
  EXPECT_EQ(resolved(tree, "bin/sh"), "→ usr/bin/sh");
  EXPECT_EQ(resolved(tree, "absolute"), "'absolute' leads out of the tree");
  EXPECT_EQ(resolved(tree, "up"), "'up' leads out of the tree");
  EXPECT_EQ(resolved(tree, "../x"), "'../x' leads out of the tree");
}

// A link that doubles the path at each step must not cost more than the bounds allow.
TEST(ResolveBounds, LinksThatGrow) {
  MemoryTree tree;
  std::string target;
  for (int i = 0; i < 1000; ++i) target += "grow/";
  tree.symlink("grow", target);
  const auto real = tree.resolve("grow");
  ASSERT_FALSE(real);
  EXPECT_EQ(real.error().kind, TreeError::Kind::symlink_loop);
}

TEST(TreeGlob, ListsFilesAndLinksSorted) {
  MemoryTree tree;
  tree.file("etc/x.d/b.conf", "")
      .file("etc/x.d/a.conf", "")
      .file("etc/x.d/.hidden.conf", "")
      .file("etc/x.d/note.txt", "")
      .directory("etc/x.d/dir.conf")
      .symlink("etc/x.d/null.conf", "/dev/null")
      .symlink("etc/link.d", "x.d")
      .node("etc/x.d/pipe.conf", NodeType::fifo, 0644);
  EXPECT_EQ(tree.glob("etc/x.d", "*.conf"),
            (std::vector<std::string>{"etc/x.d/a.conf", "etc/x.d/b.conf", "etc/x.d/null.conf"}));
  EXPECT_EQ(tree.glob("etc/link.d", "?.conf"),
            (std::vector<std::string>{"etc/link.d/a.conf", "etc/link.d/b.conf"}));
  EXPECT_EQ(tree.glob("etc/x.d", ".*.conf"), std::vector<std::string>{"etc/x.d/.hidden.conf"});
  EXPECT_TRUE(tree.glob("etc/none", "*").empty());
  EXPECT_TRUE(tree.glob("etc/x.d/a.conf", "*").empty());
}

TEST(TreeWalk, ParentsFirstSiblingsSorted) {
  MemoryTree tree;
  tree.file("b/x/1", "").file("a/2", "").file("b/a", "").file("c", "");
  std::string seen;
  tree.walk("", [&](std::string_view path, const Stat&) {
    seen += std::string(path) + " ";
    return path != "b/x";
  });
  EXPECT_EQ(seen, "a a/2 b b/a b/x c ");
}

TEST(MemoryTreeTest, RemembersWhatWasRead) {
  MemoryTree tree;
  tree.file("etc/a", "1").file("etc/b", "2", 0600, 7, 8).break_file("etc/b");
  EXPECT_EQ(*tree.read("etc/a"), "1");
  EXPECT_EQ(tree.read("etc/b").error().message, "'etc/b' cannot be read");
  EXPECT_EQ(tree.read("etc").error().kind, TreeError::Kind::wrong_type);
  EXPECT_EQ(tree.reads(), std::vector<std::string>{"etc/a"});
  EXPECT_EQ(tree.lstat("etc/b")->uid, 7u);
  EXPECT_EQ(tree.lstat("etc")->mode, 0755);
}

}  // namespace
}  // namespace drydock
