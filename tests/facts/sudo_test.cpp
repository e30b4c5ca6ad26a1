#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> etc(std::string sudoers) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/sudoers", std::move(sudoers));
  return tree;
}

TEST(SudoFacts, ResolveAliasesWithTheirSigns) {
  auto tree =
      etc("ADM, !bob ALL = (RA : docker) NOPASSWD: CA\nUser_Alias ADM = alice, !%wheel\n"
          "Runas_Alias RA = root, www\nCmnd_Alias CA = /bin/ls -l, !/bin/rm\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT user, runas_users, runas_groups, command, arguments, allows, "
                  "nopasswd, user_loc, command_loc FROM sudo_rule ORDER BY rowid"),
      "alice | root,www | docker | /bin/ls | -l | 1 | 1 | etc/sudoers:2:18 | etc/sudoers:4:17\n"
      "%wheel | root,www | docker | /bin/ls | -l | 0 | 1 | etc/sudoers:2:26 | etc/sudoers:4:17\n"
      "bob | root,www | docker | /bin/ls | -l | 0 | 1 | etc/sudoers:1:7 | etc/sudoers:4:17\n"
      "alice | root,www | docker | /bin/rm | - | 0 | 1 | etc/sudoers:2:18 | etc/sudoers:4:30\n"
      "%wheel | root,www | docker | /bin/rm | - | 0 | 1 | etc/sudoers:2:26 | etc/sudoers:4:30\n"
      "bob | root,www | docker | /bin/rm | - | 0 | 1 | etc/sudoers:1:7 | etc/sudoers:4:30\n");
}

// sudoers(5), "Including other files": names that end in '~' or hold a '.' are skipped, the others are read
// in lexical order, in the place of the include.
TEST(SudoFacts, AnIncludedDirectoryIsReadInPlace) {
  auto tree = etc("a ALL=ALL\n@includedir sudoers.d\nz ALL=ALL\n");
  tree->file("etc/sudoers.d/20-x", "c ALL=ALL\n")
      .file("etc/sudoers.d/10-x", "b ALL=ALL\n#include /etc/extra\n")
      .file("etc/sudoers.d/90.conf", "no ALL=ALL\n")
      .file("etc/sudoers.d/90~", "no ALL=ALL\n")
      .file("etc/extra", "b2 ALL=ALL\n@include /etc/sudoers.d/10-x\n");
  const std::string rows =
      test::facts(tree, "SELECT user, position, loc FROM sudo_rule ORDER BY position");
  EXPECT_TRUE(
      rows.starts_with("a | 1 | etc/sudoers:1:1\nb | 2 | etc/sudoers.d/10-x:1:1\n"
                       "b2 | 3 | etc/extra:1:1\nb | 4 |"))
      << rows;
  EXPECT_NE(rows.find("\nc | "), std::string::npos) << rows;
  EXPECT_EQ(rows.find("no |"), std::string::npos) << rows;
}

TEST(SudoFacts, TheLastDefaultOfAScopeCounts) {
  auto tree =
      etc("Defaults use_pty, env_keep += A\nDefaults:alice !authenticate\nDefaults !use_pty, "
          "env_keep += B\n"
          "Defaults logfile=\"/var/log/sudo.log\"\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, value, operator, scope, binding, value_loc FROM sudo_default "
                        "ORDER BY name, rowid"),
            "authenticate | off | - | user | alice | etc/sudoers:2:17\n"
            "env_keep | A | += | global |  | etc/sudoers:1:31\n"
            "env_keep | B | += | global |  | etc/sudoers:3:32\n"
            "logfile | /var/log/sudo.log | = | global |  | etc/sudoers:4:18\n"
            "use_pty | off | - | global |  | etc/sudoers:3:11\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, reason, loser FROM override"),
            "use_pty | on | set again later | etc/sudoers:1:10\n");
}

TEST(SudoFacts, AuthenticationIsSwitchedOffByDefaultsToo) {
  auto tree =
      etc("Defaults:alice !authenticate\nDefaults!/bin/ls !authenticate\nalice ALL=/bin/a, PASSWD: "
          "/bin/b\n"
          "bob ALL=/bin/a, /bin/ls, NOPASSWD: /bin/c\n");
  EXPECT_EQ(test::facts(tree, "SELECT user, command, nopasswd FROM sudo_rule ORDER BY position"),
            "alice | /bin/a | 1\nalice | /bin/b | 0\nbob | /bin/a | 0\nbob | /bin/ls | 1\n"
            "bob | /bin/c | 1\n");
}

TEST(SudoFacts, AliasesInACircleEnd) {
  auto tree = etc("User_Alias A = B, x\nUser_Alias B = A\nA ALL=ALL\nUser_Alias A = y\n");
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT user FROM sudo_rule WHERE user = 'x'"), "x\n");
  EXPECT_EQ(test::facts(tree, "SELECT code, loc FROM parse_issue WHERE table_name = 'sudo_rule'"),
            "alias-defined-twice | etc/sudoers:4:12\n");
}

TEST(SudoFacts, ManyUsersTimesManyCommandsAreBounded) {
  std::string text = "User_Alias U = u";
  for (int i = 0; i < 300; ++i) text += ",u" + std::to_string(i);
  text += "\nCmnd_Alias C = /c";
  for (int i = 0; i < 300; ++i) text += ",/c" + std::to_string(i);
  auto tree = etc(text + "\nU ALL=C\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM sudo_rule"), "20000\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT code, effect FROM parse_issue WHERE table_name = 'sudo_rule'"),
      "too-many-rules | unknown\n");
}

// What is said once for many commands or settings is not kept once for each.
TEST(SudoFacts, LongListsTimesManyMembersAreBounded) {
  std::string users = "u", commands = "/a", names;
  for (int i = 0; i < 1500; ++i) users += ",u" + std::to_string(i), commands += ",/a";
  for (int i = 0; i < 10'100; ++i) names += (i == 0 ? " " : ",") + std::string("env_keep+=A");
  EXPECT_EQ(test::facts(etc("al ALL=(" + users + ") " + commands + "\n"),
                        "SELECT count(*), min(runas_users) = max(runas_users) FROM sudo_rule"),
            "1501 | 1\n");
  EXPECT_EQ(test::facts(etc("Defaults:u1,u2" + names + "\n"),
                        "SELECT code, effect FROM parse_issue WHERE table_name = 'sudo_default'"),
            "too-many-settings | unknown\n");
  // A list is cut with a word about it.
  std::string long_list = "User_Alias U = a0";
  for (int i = 1; i <= 20'010; ++i) long_list += ",a" + std::to_string(i);
  EXPECT_EQ(test::facts(
                etc(long_list + "\nDefaults:U !authenticate\n"),
                "SELECT DISTINCT code, effect FROM parse_issue WHERE table_name = 'sudo_default'"),
            "too-many-members | unknown\n");
  std::string specs = "Host_Alias H = h" + std::string(100'000, 'h') + "\nx ALL=/a\n";
  for (int i = 0; i < 700; ++i) specs += "x H=/b\n";
  EXPECT_EQ(test::facts(etc(specs), "SELECT count(*) < 700 FROM sudo_rule"), "1\n");
  EXPECT_EQ(test::facts(etc(specs),
                        "SELECT code, effect FROM parse_issue WHERE table_name = 'sudo_rule'"),
            "too-many-members | unknown\n");
}

// Rules are compared for each group of a user: of very many some are left out, and the rule stays.
TEST(SudoFacts, GroupsOfAUserAreBounded) {
  auto tree = std::make_shared<MemoryTree>();
  std::string groups, rules = "u ALL=(ALL) NOPASSWD: /bin/a\n";
  for (int i = 0; i < 30'000; ++i)
    groups += "g" + std::to_string(i) + ":x:" + std::to_string(i + 1000) + ":u\n";
  for (int i = 0; i < 2'000; ++i) rules += "u ALL=(ALL) /bin/b" + std::to_string(i) + "\n";
  tree->file("etc/group", groups).file("etc/sudoers", rules + "%g0 ALL=(ALL) /bin/a\n");
  EXPECT_EQ(test::facts(tree, "SELECT user, counts FROM sudo_rule WHERE command = '/bin/a'"),
            "u | 0\n%g0 | 1\n");
  tree->file("etc/sudoers", rules + "%g29999 ALL=(ALL) /bin/a\n");
  EXPECT_EQ(test::facts(tree, "SELECT user, counts FROM sudo_rule WHERE command = '/bin/a'"),
            "u | 1\n%g29999 | 1\n");
}

}  // namespace
}  // namespace drydock
