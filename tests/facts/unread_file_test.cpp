#include <gtest/gtest.h>

#include <set>

#include "analyzer/facts/collect/unread_directory.h"
#include "analyzer/source/memory.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr const char* kRows = "SELECT path, cause, why FROM unread_file ORDER BY path";

std::shared_ptr<MemoryTree> tree() {
  return std::make_shared<MemoryTree>();
}

constexpr uint16_t kScript = 0755;

// run-parts(8), cron(8) "DEBIAN SPECIFIC": names with a dot are passed over.
TEST(UnreadFile, KnowsWhichNamesCount) {
  auto host = tree();
  host->file("etc/debian_version", "12\n")
      .file("etc/cron.daily/backup.sh", "x\n", kScript)
      .file("etc/cron.daily/ok", "x\n", kScript)
      .file("etc/cron.daily/forgotten", "x\n")
      .file("etc/cron.daily/empty.sh", "", kScript)
      .file("etc/cron.d/my.job", "x\n")
      .file("etc/cron.d/x.dpkg-dist", "x\n")
      .file("etc/sysctl.d/60-x", "x\n")
      .file("etc/sysctl.d/disable-ipv6", "x\n")
      .file("etc/sysctl.d/README.sysctl", "x\n")
      .file("etc/sysctl.d/a.conf.20240131", "x\n")
      .file("etc/apt/preferences.d/nodot", "x\n")
      .file("etc/apt/apt.conf.d/b c.conf", "x\n")
      .file("etc/apt/sources.list.d/a.repo", "x\n");
  EXPECT_EQ(
      test::facts(host, kRows),
      "etc/apt/apt.conf.d/b c.conf | name | its name has other characters than letters, digits, "
      "'_', '-', ':' and '.'\n"
      "etc/apt/sources.list.d/a.repo | name | its name does not end in .list or .sources\n"
      "etc/cron.d/my.job | name | its name has other characters than letters, digits, '_' and "
      "'-'\n"
      "etc/cron.daily/backup.sh | name | its name has other characters than letters, digits, '_' "
      "and '-'\n"
      "etc/cron.daily/forgotten | not-executable | it is not executable\n"
      "etc/sysctl.d/60-x | name | its name does not end in .conf\n"
      "etc/sysctl.d/disable-ipv6 | name | its name does not end in .conf\n");
}

TEST(UnreadFile, LooksBesideAndBelowTheDirectories) {
  auto host = tree();
  host->file("etc/systemd/journald.d/a.conf", "x\n")
      .file("etc/systemd/journald.conf.d/sub/b.conf", "x\n")
      .file("etc/systemd/journald.conf.d/sub/notes.txt", "x\n")
      .file("etc/systemd/journald.conf.d/disabled/b.conf", "x\n")
      .file("etc/systemd/logind.d/linked.conf", "x\n")
      .symlink("etc/systemd/logind.conf.d/linked.conf", "../logind.d/linked.conf")
      .file("etc/systemd/network/a.network.d/b.conf", "x\n")
      .file("etc/systemd/network/a.network.d/c", "x\n")
      .file("usr/local/lib/tmpfiles.d/x", "x\n")
      .file("usr/lib/tmpfiles.d/x", "x\n")
      // Of one directory two names.
      .file("etc/sysctl.conf.d/a.conf", "x\n")
      .symlink("etc/sysctl.d", "sysctl.conf.d");
  EXPECT_EQ(
      test::facts(host, kRows),
      "etc/systemd/journald.conf.d/sub/b.conf | subdirectory | subdirectories are not looked "
      "into\n"
      "etc/systemd/journald.d/a.conf | directory | it looks into /etc/systemd/journald.conf.d "
      "instead\n"
      "etc/systemd/network/a.network.d/c | name | its name does not end in .conf\n"
      "usr/local/lib/tmpfiles.d/x | name | its name does not end in .conf\n");
}

TEST(UnreadFile, ALinkIsMissedOnlyIfNothingElseLeadsToItsFile) {
  auto host = tree();
  host->file("etc/tmpfiles.d/a.conf", "x\n")
      .symlink("etc/tmpfiles.d/again", "a.conf")
      .symlink("etc/tmpfiles.d/masked", "/dev/null")
      .symlink("etc/tmpfiles.d/dangling", "/nowhere")
      .file("opt/hard/tmp", "x\n")
      .symlink("etc/tmpfiles.d/hard", "/opt/hard/tmp")
      .file("etc/tmpfiles.d/real", "x\n")
      .symlink("etc/tmpfiles.d/real.conf", "real");
  EXPECT_EQ(test::facts(host, kRows),
            "etc/tmpfiles.d/hard | name | its name does not end in .conf\n");
}

TEST(UnreadFile, WhatNeedsAnIncludeIsReadOnlyWithIt) {
  const auto rows = [](const std::string& main, const std::string& text, const std::string& file) {
    auto host = tree();
    host->file(main, text).file(file, "x\n");
    return test::facts(host, "SELECT cause, why FROM unread_file");
  };
  const char *const rsyslog = "etc/rsyslog.conf", *const file = "etc/rsyslog.d/a.conf";
  EXPECT_EQ(rows(rsyslog, "*.* /x\n#$IncludeConfig /etc/rsyslog.d/*.conf\n", file),
            "not-included | nothing in /etc/rsyslog.conf includes the directory\n");
  EXPECT_EQ(rows(rsyslog, "  $IncludeConfig /etc/rsyslog.d/*.conf\n", file), "");
  EXPECT_EQ(rows(rsyslog, "include(file=\"/etc/rsyslog.d/*.conf\")\n", "etc/rsyslog.d/a.rs"),
            "name | of this directory /etc/rsyslog.conf includes *.conf alone\n");
  EXPECT_EQ(rows(rsyslog, "include(file=\"/etc/rsyslog.d/\")\n", "etc/rsyslog.d/a.rs"), "");
  EXPECT_EQ(rows(rsyslog, "$IncludeConfig /etc/other.conf\n", file), "") << "it may include it";
  EXPECT_EQ(rows(rsyslog, "include(text=`echo $x/rsyslog.d/$y`)\n", file), "") << "nobody knows";
  EXPECT_EQ(rows("etc/other", "", file), "") << "no rsyslog there";
  EXPECT_EQ(rows("etc/ld.so.conf", "include ld.so.conf.d/*.conf\n", "etc/ld.so.conf.d/a"),
            "name | of this directory /etc/ld.so.conf includes *.conf alone\n");
  EXPECT_EQ(rows("etc/sudoers", "#includedir /etc/sudoers.d\n", "etc/sudoers.d/a"), "");
  EXPECT_EQ(rows("etc/sudoers", "#includedir /etc/sudoers.d\n", "etc/sudoers.d/a.b"),
            "name | its name has a '.' or ends in '~'\n");
  EXPECT_EQ(
      rows("etc/ssh/sshd_config", "Include /etc/ssh/sshd.conf.d/*\n", "etc/ssh/sshd.conf.d/a"), "");
  EXPECT_EQ(
      rows("etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\n", "etc/ssh/sshd.d/a"),
      "directory | it looks into /etc/ssh/sshd_config.d instead\n");
  EXPECT_EQ(rows("etc/ssh/sshd_config", "Include /etc/ssh/more\n", "etc/ssh/sshd.d/a"), "");
  EXPECT_EQ(rows("etc/ssh/sshd_config", "UsePAM yes\n", "etc/ssh/sshd.conf.d/a"),
            "directory | it looks into /etc/ssh/sshd_config.d instead\n");
}

// systemd-rc-local-generator(8), nm-settings-keyfile(5), NetworkManager-dispatcher(8)
TEST(UnreadFile, TheModeMayKeepAFileFromBeingRead) {
  auto host = tree();
  host->file("etc/rc.local", "#!/bin/sh\n# nothing\nexit 0\n")
      .file("etc/NetworkManager/system-connections/a.nmconnection", "x\n", 0640)
      .file("etc/NetworkManager/system-connections/b.nmconnection", "x\n", 0600)
      .file("etc/NetworkManager/dispatcher.d/10-a", "x\n", 0775)
      .file("etc/NetworkManager/dispatcher.d/10-b", "x\n", kScript);
  const std::string modes =
      "etc/NetworkManager/dispatcher.d/10-a | owner | its group or others may write it\n"
      "etc/NetworkManager/system-connections/a.nmconnection | owner | its group or others may read "
      "or write it\n";
  EXPECT_EQ(test::facts(host, kRows), modes);
  host->file("etc/rc.local", "#!/bin/sh\niptables-restore /etc/rules\nexit 0\n");
  EXPECT_EQ(test::facts(host, kRows),
            modes + "etc/rc.local | not-executable | it is not executable\n");
  host->file("etc/rc.local", "#!/bin/sh\niptables-restore /etc/rules\nexit 0\n", kScript);
  EXPECT_EQ(test::facts(host, kRows), modes);
}

// Of an archive without permissions nothing is said for lack of them.
TEST(UnreadFile, PermissionsMayBeLost) {
  auto host = tree();
  host->file("etc/grub.d/00_header", "x\n").file("etc/grub.d/40_custom", "x\n");
  EXPECT_EQ(test::facts(host, kRows), "");
  host->file("bin/sh", "x");
  EXPECT_EQ(test::facts(host, kRows), "");
  host->file("bin/sh", "x", kScript);
  EXPECT_EQ(test::facts(host, "SELECT count(*) FROM unread_file"), "2\n");
}

// What a package brings lies there on purpose; what nothing includes does not.
TEST(UnreadFile, FilesOfPackagesAreMeant) {
  auto host = tree();
  host->file("etc/debian_version", "12\n")
      .file("etc/rsyslog.conf", "*.* /x\n")
      .file("etc/rsyslog.d/p.conf", "x\n")
      .file("etc/cron.daily/quiet", "x\n")
      .file("etc/cron.daily/old", "x\n")
      .file("etc/cron.daily/own", "x\n")
      .file("etc/cron.daily/run", "x\n", kScript)
      .file("var/lib/dpkg/status",
            "Package: p\nStatus: install ok installed\nVersion: 1\nConffiles:\n"
            " /etc/cron.daily/quiet d41d8cd98f00b204e9800998ecf8427e\n"
            " /etc/cron.daily/gone d41d8cd98f00b204e9800998ecf8427e obsolete\n"
            " /etc/rsyslog.d/p.conf d41d8cd98f00b204e9800998ecf8427e\n");
  EXPECT_EQ(test::facts(host, "SELECT path, cause FROM unread_file ORDER BY path"),
            "etc/cron.daily/own | not-executable\netc/rsyslog.d/p.conf | not-included\n");
}

// A host may name as many files as it likes; what is not named is not called read.
TEST(UnreadFile, ManyFilesAreCut) {
  auto host = tree();
  for (int i = 0; i < 10'100; ++i) host->file("etc/tmpfiles.d/x" + std::to_string(i), "x\n");
  EXPECT_EQ(test::facts(host, "SELECT count(*) FROM unread_file"), "10000\n");
  EXPECT_EQ(
      test::facts(host, "SELECT code, effect FROM parse_issue WHERE table_name = 'unread_file'"),
      "too-many-files | unknown\n");
}

// modules-load.d(5)
TEST(UnreadFile, ModulesNeedTheirLink) {
  auto host = tree();
  host->file("usr/lib/systemd/systemd-modules-load", "x", kScript)
      .file("etc/modules", "# none\n\n");
  EXPECT_EQ(test::facts(host, kRows), "");
  host->file("etc/modules", "# none\nloop\n");
  EXPECT_EQ(test::facts(host, "SELECT path, cause FROM unread_file"), "etc/modules | directory\n");
  host->symlink("etc/modules-load.d/modules.conf", "../modules");
  EXPECT_EQ(test::facts(host, kRows), "");
}

// Who wants to know why can look it up, and no file is judged by two lines.
TEST(UnreadFile, TheTablesSayWhereItIsSaidAndNothingTwice) {
  std::set<std::string_view> paths;
  for (const facts::UnreadDirectory& one : facts::unread_directories()) {
    EXPECT_FALSE(one.manual.empty()) << one.path;
    EXPECT_TRUE(paths.insert(one.path).second) << one.path;
  }
  for (const facts::Neighbour& one : facts::neighbours()) {
    EXPECT_FALSE(one.manual.empty()) << one.path;
    EXPECT_FALSE(paths.contains(one.path)) << one.path;
    EXPECT_NE(one.path, one.right);
  }
}

// A line, or lines, that name the directory over and over again: what they include is not known.
TEST(UnreadFile, WhatIsReadOfAnIncludeIsBounded) {
  const auto rows = [](const std::string& main) {
    auto host = tree();
    host->file("etc/rsyslog.conf", main).file("etc/rsyslog.d/x.txt", "x\n");
    return test::facts(host, kRows);
  };
  const std::string line = "include(file=\"/etc/rsyslog.d/*.conf\")\n";
  const std::string row =
      "etc/rsyslog.d/x.txt | name | of this directory /etc/rsyslog.conf includes *.conf alone\n";
  EXPECT_EQ(rows(line), row);
  EXPECT_EQ(rows("# " + std::string(20'000, 'x') + "\n" + line), row);
  std::string again = "include(file=\"";
  for (int i = 0; i < 200'000; ++i) again += "/rsyslog.d";
  EXPECT_EQ(rows(again + "\n"), "");
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += line;
  EXPECT_EQ(rows(many), "");
}

TEST(UnreadFile, ConffilesOfPackagesAreFoundAtOnce) {
  auto host = tree();
  std::string status = "Package: x\nConffiles:\n";
  for (int i = 0; i < 100'000; ++i)
    status += " /etc/x/" + std::to_string(i) + " 0123456789abcdef\n";
  host->file("etc/debian_version", "12\n").file("bin/sh", "", kScript);
  for (int i = 0; i < 3'000; ++i) {
    const std::string path = "etc/cron.daily/x" + std::to_string(i);
    host->file(path, "x\n");
    if (i != 7) status += " /" + path + " 0123456789abcdef\n";
  }
  host->file("var/lib/dpkg/status", status);
  EXPECT_EQ(test::facts(host, kRows),
            "etc/cron.daily/x7 | not-executable | it is not executable\n");
}

}  // namespace
}  // namespace drydock
