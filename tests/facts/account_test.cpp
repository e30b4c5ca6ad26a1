#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> etc(std::string passwd, std::string shadow) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", std::move(passwd)).file("etc/shadow", std::move(shadow));
  return tree;
}

// pam_unix(8) looks into shadow for "x" only: an empty field in passwd needs no password whatever
// shadow has, and a hash there counts.
TEST(AccountFacts, ThePasswordComesFromTheFieldThatDecides) {
  auto tree = etc(
      "root:x:0:0:::/bin/bash\nguest::1:1:::\nold:$1$a$b:2:2:::\nbin:*:3:3:::\nghost:x:4:4:::\n",
      "root:$y$j9T$a$b:1::::::\nguest:$6$a$b:1::::::\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, password_state, hash_method, password_loc FROM account "
                        "ORDER BY uid"),
            "root | set | yescrypt | etc/shadow:1:6\n"
            "guest | empty | - | etc/passwd:2:7\n"
            "old | set | md5crypt | etc/passwd:3:5\n"
            "bin | none | - | etc/passwd:4:5\n"
            "ghost | missing | - | etc/passwd:5:7\n");
}

TEST(AccountFacts, TheFirstLineWithANameCounts) {
  auto tree = etc("a:x:0:0:::\na:x:5:5:::\n", "a:!:1::::::\na::2::::::\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, uid, is_first, password_state, last_change, shadow_loc "
                        "FROM account ORDER BY uid"),
            "a | 0 | 1 | locked | 1 | etc/shadow:1:1\n"
            "a | 5 | 0 | locked | 1 | etc/shadow:1:1\n");
}

TEST(AccountFacts, AShadowFileThatCannotBeReadLeavesTheStateOpen) {
  auto tree = etc("a:x:0:0:::\n", "");
  tree->break_file("etc/shadow");
  EXPECT_EQ(test::facts(tree, "SELECT name, password_state FROM account"), "a | -\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, effect FROM parse_issue WHERE table_name = 'account'"),
            "etc/shadow | unknown\n");
}

TEST(AccountFacts, AnEmptyShellIsAShellAndNologinIsNone) {
  auto tree = etc("a:x:1:1:::\nb:x:2:2:::/usr/sbin/nologin\nc:x:3:3:::/bin/zsh\n", "");
  EXPECT_EQ(test::facts(tree, "SELECT name, interactive FROM account ORDER BY uid"),
            "a | 1\nb | 0\nc | 1\n");
}

// initgroups(3) walks every line of group(5), so a second line with docker's id gives docker's
// power; newgrp(1) takes gshadow's members, and its administrators may add themselves.
TEST(GroupMemberFacts, NameEveryWayIntoAGroup) {
  auto tree = etc("ci:x:1:998:::\nalice:x:2:2:::\n", "");
  tree->file("etc/group", "docker:x:998:alice,nobody1\nbackdoor:x:998:eve\n");
  tree->file("etc/gshadow", "docker:!:boss:alice,mallory\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT user, via, is_account, loc FROM group_member WHERE group_name = "
                        "'docker' ORDER BY via, user"),
            "alice | group | 1 | etc/group:1:14\n"
            "nobody1 | group | 0 | etc/group:1:20\n"
            "alice | gshadow | 1 | etc/gshadow:1:15\n"
            "mallory | gshadow | 0 | etc/gshadow:1:21\n"
            "boss | gshadow-admin | 0 | etc/gshadow:1:10\n"
            "ci | primary | 1 | etc/passwd:1:8\n"
            "eve | same-gid | 0 | etc/group:2:16\n");
}

TEST(GroupFacts, TheirPasswordComesFromGshadow) {
  auto tree = etc("", "");
  tree->file("etc/group", "a:x:1:\nb:x:2:\nc::3:\na:x:1:\n");
  tree->file("etc/gshadow", "a:$6$x$y::\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, is_first, password_state, password_loc FROM account_group "
                        "ORDER BY name, is_first DESC"),
            "a | 1 | set | etc/gshadow:1:3\na | 0 | set | etc/gshadow:1:3\n"
            "b | 1 | missing | etc/group:2:3\nc | 1 | empty | etc/group:3:3\n");
}

TEST(AccountFacts, NisLinesAndSubordinateIdsAreTablesOfTheirOwn) {
  auto tree = etc("root:x:0:0:::\n+@admins::::::\n", "+::::::::\n");
  tree->file("etc/subuid", "dockremap:100000:65536\n");
  EXPECT_EQ(test::facts(tree, "SELECT database, entry, loc FROM nis_entry ORDER BY database"),
            "passwd | +@admins | etc/passwd:2:1\nshadow | + | etc/shadow:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT kind, owner, start, count, loc FROM subid"),
            "uid | dockremap | 100000 | 65536 | etc/subuid:1:1\n");
}

// Loose files of one directory belong together; shadow that is not there says nothing; and
// pam.d/passwd is another kind of file.
TEST(AccountFacts, InAFragmentOnlyWhatIsWrittenCounts) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("a/passwd", "x:x:1:1:::\n")
      .file("b/passwd", "y:x:2:2:::\n")
      .file("b/shadow", "y::1::::::\n");
  tree->file("pam.d/passwd", "@include common-password\nauth required pam_unix.so\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, password_state, loc FROM account ORDER BY name",
                        Scope::fragment),
            "x | - | a/passwd:1:1\ny | empty | b/passwd:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path FROM parse_issue", Scope::fragment), "");
}

}  // namespace
}  // namespace drydock
