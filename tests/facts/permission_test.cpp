#include <gtest/gtest.h>

#include "analyzer/facts/collect/acl.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kProtected =
    "SELECT role, path, file, mode, uid, coalesce(group_name, gid), loc FROM "
    "protected_file ORDER BY role, path";

std::shared_ptr<MemoryTree> tree() {
  return std::make_shared<MemoryTree>();
}

TEST(ProtectedFile, IsWhatItsPathLeadsTo) {
  auto host = tree();
  host->file("srv/shadow", "", 0644, 0, 42)
      .symlink("etc/shadow", "/srv/shadow")
      .symlink("etc/gshadow", "/srv/nowhere")
      .file("etc/group", "root:x:0:\nshadow:x:42:\n")
      .directory("etc/cron.d", 0777);
  EXPECT_EQ(test::facts(host, kProtected),
            "cron.d | etc/cron.d | etc/cron.d | 511 | 0 | root | etc/cron.d\n"
            "group | etc/group | etc/group | 420 | 0 | root | etc/group\n"
            "shadow | etc/shadow | srv/shadow | 420 | 0 | shadow | srv/shadow\n");
}

TEST(ProtectedFile, FollowsAMergedUsrAndPatternsInDirectories) {
  auto host = tree();
  host->symlink("sbin", "usr/sbin")
      .file("usr/sbin/auditctl", "", 0755)
      .file("etc/letsencrypt/archive/a.example/privkey1.pem", "", 0600)
      .file("etc/letsencrypt/archive/a.example/cert1.pem", "", 0644);
  EXPECT_EQ(test::facts(host, "SELECT role, path FROM protected_file ORDER BY path"),
            "secret | etc/letsencrypt/archive/a.example/privkey1.pem\n"
            "audit-tool | usr/sbin/auditctl\n");
}

// auditd.conf(5): "log_file: This keyword specifies the full path name to the log file".
TEST(ProtectedFile, AuditLogsLieWhereAuditdWritesThem) {
  auto host = tree();
  host->file("etc/audit/auditd.conf", "log_file = /srv/audit/a.log\n", 0640)
      .file("srv/audit/a.log", "", 0600)
      .file("srv/audit/a.log.1", "", 0644)
      .file("var/log/audit/audit.log", "", 0666);
  EXPECT_EQ(test::facts(host,
                        "SELECT role, path FROM protected_file WHERE role GLOB 'audit-log*' "
                        "ORDER BY path"),
            "audit-log-directory | srv/audit\n"
            "audit-log | srv/audit/a.log\n"
            "audit-log | srv/audit/a.log.1\n");
}

TEST(ProtectedFile, TheModesOfACheckoutAreNotThoseOfAHost) {
  auto checkout = tree();
  checkout->file("etc/shadow", "", 0666);
  EXPECT_EQ(test::facts(checkout, kProtected, Scope::fragment), "");
}

// linux/posix_acl_xattr.h: version, then tag, rights and id of each entry. The mask bounds named users and
// every group: acl(5) "ACCESS CHECK ALGORITHM".
TEST(AccessList, GivesNamedEntriesWhatTheMaskLeaves) {
  constexpr auto kList =
      "\2\0\0\0"
      "\1\0\6\0\377\377\377\377"   // the owner: rw
      "\2\0\6\0\350\3\0\0"         // user 1000: rw
      "\4\0\4\0\377\377\377\377"   // the group: r
      "\10\0\4\0\62\0\0\0"         // group 50: r
      "\20\0\6\0\377\377\377\377"  // the mask: rw
      "\40\0\4\0\377\377\377\377"sv;
  const auto access = facts::named_access(kList);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->writers, "user:1000");
  EXPECT_EQ(access->readers, "user:1000,group:50");

  std::string masked(kList);
  masked[4 + 4 * 8 + 2] = 4;  // the mask: r
  EXPECT_EQ(facts::named_access(masked)->writers, "");

  EXPECT_FALSE(facts::named_access(""));
  EXPECT_FALSE(facts::named_access(kList.substr(0, kList.size() - 1)));
  EXPECT_FALSE(facts::named_access("\3\0\0\0"sv));
}

constexpr std::string_view kExposed = "SELECT sign, path FROM exposed_file ORDER BY path, sign";

TEST(ExposedFile, ShowsSignsWhereverTheyAre) {
  auto host = tree();
  host->file("etc/passwd", "root:x:0:0::/:/bin/sh\n")
      .file("etc/group", "root:x:0:\n")
      .directory("tmp", 01777)
      .file("srv/a", "", 0666)
      .file("srv/b", "", 0644, 7, 8)
      .file("usr/bin/su", "", 04755)
      .file("usr/bin/x", "", 0775)
      .file("usr/lib/l.so", "", 0666, 0, 0)
      .directory("usr/library", 0775)
      .node("srv/disk", NodeType::block_device, 0660)
      .node("dev/sda", NodeType::block_device, 0666)
      .symlink("srv/link", "/etc/passwd")
      .file("var/lib/docker/overlay2/x/diff/f", "", 0666, 100000, 100000)
      .file("proc/1/mem", "", 0666);
  EXPECT_EQ(test::facts(host, kExposed),
            "world-writable | srv/a\n"
            "no-group | srv/b\n"
            "no-user | srv/b\n"
            "device | srv/disk\n"
            "world-writable | tmp\n"
            "setuid | usr/bin/su\n"
            "program-writable | usr/bin/x\n"
            "library-writable | usr/lib/l.so\n"
            "world-writable | usr/lib/l.so\n");
  EXPECT_EQ(test::facts(host, kExposed, Scope::etc), "") << "a lone /etc is no whole tree";
}

TEST(ExposedFile, WithoutAccountFilesNobodyIsUnknown) {
  auto host = tree();
  host->file("srv/b", "", 0644, 7, 8);
  EXPECT_EQ(test::facts(host, kExposed), "");
}

TEST(HomeFile, ListsTheHomesOfThoseWhoLogIn) {
  auto host = tree();
  host->file("etc/passwd",
             "root:x:0:0::/root:/bin/bash\na:x:1000:1000::/home/a:/bin/bash\n"
             "b:x:1001:1001::/home/b:/bin/zsh\nd:x:2:2::/srv:/usr/sbin/nologin\n")
      .file("etc/group", "root:x:0:\nstaff:x:50:a\n")
      .directory("home/a", 0755, 1000, 1000)
      .file("home/a/.bashrc", "", 0644, 1000, 50)
      .file("home/a/.netrc", "", 0600, 0, 77)
      .file("home/a/notes/x", "", 0644, 1000, 1000);
  EXPECT_EQ(test::facts(host,
                        "SELECT user, kind, path, type, mode, uid, group_is_own, loc FROM "
                        "home_file ORDER BY user, path"),
            "a | home | home/a | directory | 493 | 1000 | 1 | home/a\n"
            "a | start-up | home/a/.bashrc | file | 420 | 1000 | 1 | home/a/.bashrc\n"
            "a | dot | home/a/.netrc | file | 384 | 0 | 0 | home/a/.netrc\n"
            "a | other | home/a/notes | directory | 493 | 0 | 1 | home/a/notes\n"
            "b | home | home/b | missing | - | - | - | etc/passwd:3:1\n"
            "root | home | root | missing | - | - | - | etc/passwd:1:1\n");
}

TEST(HomeProgram, IsWhatStartUpFilesNameAndTheHostHas) {
  auto host = tree();
  host->file("etc/passwd", "a:x:1000:1000::/home/a:/bin/bash\n")
      .file("home/a/.bashrc", "# /srv/no\nPATH=/srv/bin:$PATH\n  . \"/srv/x\"; /srv/gone\n")
      .file("home/a/.vimrc", "/srv/x\n")
      .file("srv/x", "", 0777)
      .file("srv/no", "")
      .directory("srv/bin");
  EXPECT_EQ(test::facts(host, "SELECT user, path, program, mode, loc FROM home_program"),
            "a | home/a/.bashrc | srv/x | 511 | home/a/.bashrc:3:6\n");
}

}  // namespace
}  // namespace drydock
