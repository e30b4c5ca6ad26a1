#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

using Files = std::vector<std::pair<std::string, std::string>>;

std::string ask(const Files& files, std::string_view sql, Scope scope = Scope::host) {
  auto tree = std::make_shared<MemoryTree>();
  for (const auto& [path, text] : files) tree->file(path, text);
  return test::facts(tree, sql, scope);
}

// shadow 4.13, getdef.c: the last line of a name counts, quotation marks are taken off, and what
// looks like a comment behind a value is part of it, which is then no number.
TEST(LoginDefFacts, TheLastLineCounts) {
  EXPECT_EQ(
      ask({{"etc/login.defs",
            "PASS_MAX_DAYS 99999\n# UMASK 077\n\tPASS_MAX_DAYS\t \"90\" x\nUMASK 027 # tight\n"}},
          "SELECT key, value, source, loc, value_loc FROM login_def WHERE key IN "
          "('PASS_MAX_DAYS', 'UMASK', 'LOGIN_TIMEOUT') ORDER BY key"),
      "LOGIN_TIMEOUT | 60 | default | - | -\n"
      "PASS_MAX_DAYS | 90 | file | etc/login.defs:3:2 | etc/login.defs:3:18\n"
      "UMASK | 022 | default | etc/login.defs:4:1 | etc/login.defs:4:7\n");
}

// The numbers of C: 010 is eight, and a mode without a zero before it is a decimal number.
TEST(LoginDefFacts, NumbersAreTakenAsGetdefTakesThem) {
  EXPECT_EQ(
      ask({{"etc/login.defs",
            "PASS_MAX_DAYS 0x10\nPASS_MIN_DAYS 010\nUMASK 22\nHOME_MODE 0700\nPASS_WARN_AGE 7 "
            "days\nENCRYPT_METHOD sha512\nUID_MIN 9x\n"}},
          "SELECT key, value, source FROM login_def WHERE loc IS NOT NULL ORDER BY key"),
      "ENCRYPT_METHOD | DES | default\nHOME_MODE | 0700 | file\nPASS_MAX_DAYS | 16 | file\n"
      "PASS_MIN_DAYS | 8 | file\nPASS_WARN_AGE | -1 | default\nUID_MIN | 1000 | default\n"
      "UMASK | 026 | file\n");
}

TEST(LoginDefFacts, WithoutTheShadowToolsThereAreNoDefaults) {
  EXPECT_EQ(ask({{"etc/hostname", "x\n"}}, "SELECT count(*) FROM login_def"), "0\n");
}

TEST(UseraddDefaultFacts, BothPrograms) {
  EXPECT_EQ(ask({{"etc/default/useradd", "# x\nINACTIVE=30\nSHELL=/bin/bash\n"},
                 {"etc/adduser.conf", "DIR_MODE = \"0750\"\n"}},
                "SELECT key, value, value_loc FROM useradd_default ORDER BY key"),
            "adduser.DIR_MODE | 0750 | etc/adduser.conf:1:13\n"
            "useradd.INACTIVE | 30 | etc/default/useradd:2:10\n"
            "useradd.SHELL | /bin/bash | etc/default/useradd:3:7\n");
}

// limits.d(5): files in the order of their names, behind limits.conf; '-' is both.
TEST(LimitFacts, LaterFilesWin) {
  EXPECT_EQ(
      ask({{"etc/security/limits.conf", "* hard core 0\n@dev - nproc 10 # each\nroot -\n* x y\n"},
           {"etc/security/limits.d/90.conf", "* - core infinity\n"},
           {"etc/security/limits.d/x", "* hard core 5\n"}},
          "SELECT key, value, loc FROM login_limit ORDER BY key"),
      "* hard core | unlimited | etc/security/limits.d/90.conf:1:1\n"
      "* soft core | unlimited | etc/security/limits.d/90.conf:1:1\n"
      "@dev hard nproc | 10 | etc/security/limits.conf:2:1\n"
      "@dev soft nproc | 10 | etc/security/limits.conf:2:1\n"
      "root hard - | - | etc/security/limits.conf:3:1\n"
      "root soft - | - | etc/security/limits.conf:3:1\n");
}

// limits.conf(5): a user before a group before '*', and root takes neither of these.
TEST(AccountLimitFacts, TheNarrowestLineCounts) {
  const Files files = {
      {"etc/passwd", "root:x:0:0:::\nann:x:1000:100:::\nbob:x:1001:100:::\n"},
      {"etc/group", "users:x:100:\ndev:x:50:ann\n"},
      {"etc/security/limits.conf",
       "ann hard core 5\n@users hard core 3\n* hard core 0\n* soft core 4\nbob -\n"},
      {"etc/security/limits.d/a.conf", "bob - core 7\n"}};
  EXPECT_EQ(ask(files, "SELECT key, value, domain, loc FROM account_limit ORDER BY key"),
            "ann hard core | 5 | ann | etc/security/limits.conf:1:1\n"
            "ann soft core | 4 | * | etc/security/limits.conf:4:1\n"
            "bob - - | - | bob | etc/security/limits.conf:5:1\n");
  EXPECT_EQ(ask(files,
                "SELECT key, value, reason FROM override WHERE table_name = 'account_limit' AND "
                "key LIKE 'ann%' ORDER BY value"),
            "ann hard core | 0 | a line for fewer users counts before\n"
            "ann hard core | 3 | a line for fewer users counts before\n");
}

TEST(NssFacts, SourcesInTheirOrder) {
  EXPECT_EQ(
      ask({{"etc/nsswitch.conf", "passwd: files [!UNAVAIL=return] sss # nis\n"}},
          "SELECT database, position, source, loc FROM nss_source ORDER BY position"),
      "passwd | 0 | files | etc/nsswitch.conf:1:9\npasswd | 1 | sss | etc/nsswitch.conf:1:33\n");
}

std::string shell(const Files& files, const std::string& where) {
  return ask(files,
             "SELECT key, value, is_effective, is_conditional, is_readonly, is_exported, loc FROM "
             "shell_setting WHERE " +
                 where + " ORDER BY key, is_effective DESC, value");
}

// The start-up files of Debian.
TEST(ShellSettingFacts, FollowsWhatProfileReads) {
  const Files files = {
      {"etc/profile",
       "if [ \"$(id -u)\" -eq 0 ]; then\n  PATH=\"/sbin:/bin\"\nelse\n  PATH='/bin'\nfi\n"
       "if [ \"${PS1-}\" ]; then\n  if [ \"${BASH-}\" ] && [ \"$BASH\" != \"/bin/sh\" ]; then\n"
       "    if [ -f /etc/bash.bashrc ]; then\n      . /etc/bash.bashrc\n    fi\n  fi\nfi\n"
       "for i in /etc/profile.d/*.sh; do\n  if [ -r $i ]; then\n    . $i\n  fi\ndone\nunset i\n"},
      {"etc/bash.bashrc", "[ -z \"$PS1\" ] && return\numask 027\n"},
      {"etc/profile.d/a.sh", "TMOUT=600\n"},
      {"etc/profile.d/b.sh", "readonly TMOUT\nexport TMOUT\n"},
      {"etc/profile.d/c.sh", "TMOUT=0 true\nTMOUT=0\n"},
      {"etc/profile.d/d", "TMOUT=1\n"}};
  EXPECT_EQ(shell(files, "session = 'login'"),
            "PATH | /bin | 1 | 0 | 0 | 0 | etc/profile:4:3\n"
            "TMOUT | 600 | 1 | 0 | 1 | 1 | etc/profile.d/a.sh:1:1\n"
            "TMOUT | 0 | 0 | 0 | 0 | 0 | etc/profile.d/c.sh:2:1\n"
            "umask | 027 | 1 | 0 | 0 | 0 | etc/bash.bashrc:2:1\n");
  EXPECT_EQ(shell(files, "session = 'root' AND key = 'PATH'"),
            "PATH | /sbin:/bin | 1 | 0 | 0 | 0 | etc/profile:2:3\n");
  EXPECT_EQ(ask(files, "SELECT value, reason FROM override WHERE key = 'login TMOUT'"),
            "0 | the variable is read-only since before\n");
}

TEST(ShellSettingFacts, WhatIsNotCertainIsConditional) {
  EXPECT_EQ(
      shell({{"etc/profile",
              "TMOUT=300\nif grep -q x /etc/y; then\n  typeset -xr TMOUT=600\nfi\n"
              "case $- in\n*i*) umask 022;;\n*) umask 077;;\nesac\nf() { umask 0; }\n(umask 0)\n"}},
            "session = 'login'"),
      "TMOUT | 300 | 1 | 0 | 0 | 0 | etc/profile:1:1\n"
      "TMOUT | 600 | 1 | 1 | 1 | 1 | etc/profile:3:15\n"
      "umask | 022 | 1 | 0 | 0 | 0 | etc/profile:6:6\n");
}

TEST(ShellSettingFacts, ASyntaxErrorLeavesTheRestUnknown) {
  const Files files = {{"etc/profile", "TMOUT=600\nif true; then\nTMOUT=0\n"}};
  EXPECT_EQ(
      ask(files, "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'shell_setting'"),
      "unfinished | unknown | etc/profile:4:1\n");
}

TEST(SearchPathFacts, OfRoot) {
  EXPECT_EQ(ask({{"etc/login.defs", "ENV_SUPATH PATH=/sbin:/bin\n"},
                 {"root/.profile", "PATH=.:$PATH::bin\n"}},
                "SELECT position, directory, coalesce(path, 'none'), loc FROM search_path ORDER BY "
                "position"),
            "0 | . | none | root/.profile:1:1\n1 | /sbin | sbin | root/.profile:1:1\n"
            "2 | /bin | bin | root/.profile:1:1\n3 |  | none | root/.profile:1:1\n"
            "4 | bin | none | root/.profile:1:1\n");
}

}  // namespace
}  // namespace drydock
