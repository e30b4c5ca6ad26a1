#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kSettings = "SELECT key, value, loc FROM setting ORDER BY key, loc";
constexpr std::string_view kLost =
    "SELECT key, value, loser, reason FROM override WHERE table_name = 'setting' ORDER BY key, "
    "loser";

std::shared_ptr<MemoryTree> tree() {
  return std::make_shared<MemoryTree>();
}

// journald.conf(5), "CONFIGURATION DIRECTORIES AND PRECEDENCE". systemd-analyze cat-config
// systemd/journald.conf on this tree prints these files in this order: etc/systemd/journald.conf,
// usr/lib/systemd/journald.conf.d/10-a.conf, etc/systemd/journald.conf.d/20-b.conf.
TEST(Setting, DropInsAreSortedByNameOverAllDirectories) {
  auto host = tree();
  host->file("etc/systemd/journald.conf", "[Journal]\nStorage=none\nCompress=no\nTTYPath=/x\n")
      .file("usr/lib/systemd/journald.conf", "[Journal]\nStorage=auto\nAudit=no\n")
      .file("usr/lib/systemd/journald.conf.d/10-a.conf", "[Journal]\nStorage=volatile\n")
      .file("usr/lib/systemd/journald.conf.d/20-b.conf", "[Journal]\nStorage=auto\n")
      .file("etc/systemd/journald.conf.d/20-b.conf", "[Journal]\nStorage=persistent\nTTYPath=\n")
      .file("etc/systemd/journald.conf.d/30-c", "[Journal]\nStorage=none\n")
      .symlink("etc/systemd/journald.conf.d/40-d.conf", "/dev/null");
  EXPECT_EQ(test::facts(host, kSettings),
            "journald.Compress | no | etc/systemd/journald.conf:3:1\n"
            "journald.Storage | persistent | etc/systemd/journald.conf.d/20-b.conf:2:1\n");
  EXPECT_EQ(
      test::facts(host, kLost),
      "journald.Audit | no | usr/lib/systemd/journald.conf:3:1 | etc/systemd/journald.conf has the "
      "same name and counts instead\n"
      "journald.Storage | none | etc/systemd/journald.conf:2:1 | read earlier than "
      "etc/systemd/journald.conf.d/20-b.conf\n"
      "journald.Storage | volatile | usr/lib/systemd/journald.conf.d/10-a.conf:2:1 | read earlier "
      "than etc/systemd/journald.conf.d/20-b.conf\n"
      "journald.Storage | auto | usr/lib/systemd/journald.conf.d/20-b.conf:2:1 | "
      "etc/systemd/journald.conf.d/20-b.conf has the same name and counts instead\n"
      "journald.Storage | auto | usr/lib/systemd/journald.conf:2:1 | etc/systemd/journald.conf has "
      "the same name and counts instead\n"
      "journald.TTYPath | /x | etc/systemd/journald.conf:4:1 | read earlier than "
      "etc/systemd/journald.conf.d/20-b.conf\n");
  EXPECT_EQ(test::facts(host, "SELECT program, path FROM unread_file"),
            "journald | etc/systemd/journald.conf.d/30-c\n");
}

// As journald says: "Failed to parse boolean value, ignoring".
TEST(Setting, AValueThatTheDaemonDoesNotTakeLeavesTheOneBefore) {
  auto host = tree();
  host->file("etc/systemd/journald.conf", "[Journal]\nStorage=none\nSeal=no\nCompress=0\n")
      .file("etc/systemd/journald.conf.d/b.conf",
            "[Journal]\nStorage=persistant\nSeal=\nCompress=yess\nSystemMaxUse=10%\n");
  EXPECT_EQ(test::facts(host, kSettings),
            "journald.Compress | 0 | etc/systemd/journald.conf:4:1\n"
            "journald.Seal | no | etc/systemd/journald.conf:3:1\n"
            "journald.Storage | none | etc/systemd/journald.conf:2:1\n");
}

TEST(Setting, AMaskedDropInIsNotReadAndASettingOutsideItsSectionCountsForNothing) {
  auto host = tree();
  host->file("usr/lib/systemd/coredump.conf.d/a.conf", "[Coredump]\nStorage=none\n")
      .symlink("etc/systemd/coredump.conf.d/a.conf", "/dev/null")
      .file("etc/systemd/coredump.conf", "Storage=none\n[Journal]\nStorage=none\n");
  EXPECT_EQ(test::facts(host, kSettings), "");
}

// timesyncd.conf(5): "NTP=: A space-separated list … This option may be specified more than once … If the
// empty string is assigned, the list of NTP servers is reset".
TEST(Setting, ListsAddUpUntilTheyAreEmptied) {
  auto host = tree();
  host->file("etc/systemd/timesyncd.conf", "[Time]\nNTP=a b\n")
      .file("etc/systemd/timesyncd.conf.d/1.conf", "[Time]\nNTP=c\nFallbackNTP=x\n")
      .file("etc/systemd/timesyncd.conf.d/2.conf", "[Time]\nFallbackNTP=\nFallbackNTP=y\n");
  EXPECT_EQ(test::facts(host, kSettings),
            "timesyncd.FallbackNTP | y | etc/systemd/timesyncd.conf.d/2.conf:3:1\n"
            "timesyncd.NTP | a b c | etc/systemd/timesyncd.conf.d/1.conf:2:1\n");
}

TEST(Setting, ChronyIncludesDirectories) {
  auto host = tree();
  host->file("etc/chrony/chrony.conf", "Pool a iburst\nconfdir /etc/chrony/conf.d\n")
      .file("etc/chrony/conf.d/x.conf", "cmdport 0\n")
      .file("etc/chrony/conf.d/x.bak2", "cmdport 1\n");
  EXPECT_EQ(test::facts(host,
                        "SELECT key, value, loc FROM setting WHERE key <> 'chrony.confdir' "
                        "ORDER BY key"),
            "chrony.cmdport | 0 | etc/chrony/conf.d/x.conf:1:1\n"
            "chrony.pool | a iburst | etc/chrony/chrony.conf:1:1\n");
  // Of several, a name counts once.
  host->file("etc/chrony/chrony.conf", "confdir /nowhere /etc/chrony/conf.d /etc/more\n")
      .file("etc/more/x.conf", "cmdport 2\n")
      .file("etc/more/y.conf", "port 0\n");
  EXPECT_EQ(test::facts(host,
                        "SELECT key, value, path FROM setting WHERE key <> 'chrony.confdir' "
                        "ORDER BY key"),
            "chrony.cmdport | 0 | etc/chrony/conf.d/x.conf\n"
            "chrony.port | 0 | etc/more/y.conf\n");
}

TEST(Setting, InAFragmentEachFileStandsForItself) {
  auto checkout = tree();
  checkout->file("roles/log/files/journald.conf.d/a.conf", "[Journal]\nStorage=none\n")
      .file("x/journald.conf", "[Journal]\nStorage=auto\n");
  EXPECT_EQ(
      test::facts(checkout, "SELECT key, value, path FROM setting ORDER BY path", Scope::fragment),
      "journald.Storage | none | roles/log/files/journald.conf.d/a.conf\n"
      "journald.Storage | auto | x/journald.conf\n");
}

TEST(Rsyslog, FollowsIncludesAndKnowsWhatIsEncrypted) {
  auto host = tree();
  host->file("etc/rsyslog.conf",
             "$IncludeConfig /etc/rsyslog.d/*.conf\n*.* @@[::1]:6514;fmt\n*.* @(z9)h\n")
      .file("etc/rsyslog.d/a.conf",
            "$ActionSendStreamDriverMode 1\nmodule(load=\"imudp\")\ninput(type=\"imudp\" "
            "port=\"514\" address=\"10.0.0.1\")\n"
            "action(type=\"omfwd\" target=\"l\" protocol=\"tcp\" tls=\"on\" "
            "streamdrivermode=\"0\")\n")
      .file("etc/rsyslog.d/b.txt", "$UDPServerRun 514\n");
  EXPECT_EQ(
      test::facts(
          host,
          "SELECT target, protocol, port, tls, loc FROM rsyslog_forward ORDER BY target DESC"),
      "l | tcp | - | 0 | etc/rsyslog.d/a.conf:4:1\n"
      "h | udp | - | 0 | etc/rsyslog.conf:3:1\n"
      "::1 | tcp | 6514 | 1 | etc/rsyslog.conf:2:1\n");
  EXPECT_EQ(test::facts(host, "SELECT module, port, address, loc FROM rsyslog_input"),
            "imudp | 514 | 10.0.0.1 | etc/rsyslog.d/a.conf:3:1\n");
}

TEST(Cron, ReadsAllItsCrontabs) {
  auto host = tree();
  host->file("etc/debian_version", "12\n")
      .file("etc/crontab", "PATH=/a:/b\n0 * * * * root /srv/x.sh\n")
      .file("etc/cron.d/no.dots", "0 * * * * root /srv/x.sh\n")
      .file("var/spool/cron/crontabs/alice", "@reboot sh /srv/x.sh\n")
      .file("srv/x.sh", "", 0755, 7, 0);
  EXPECT_EQ(
      test::facts(host,
                  "SELECT user, schedule, command, search_path, loc FROM cron_job ORDER BY user"),
      "alice | @reboot | sh /srv/x.sh | - | var/spool/cron/crontabs/alice:1:1\n"
      "root | 0 * * * * | /srv/x.sh | /a /b | etc/crontab:2:1\n");
  EXPECT_EQ(
      test::facts(host, "SELECT user, program, mode, uid, loc FROM cron_program ORDER BY user"),
      "alice | srv/x.sh | 493 | 7 | var/spool/cron/crontabs/alice:1:12\n"
      "root | srv/x.sh | 493 | 7 | etc/crontab:2:16\n");
}

TEST(Banner, KnowsWhatTellsOfTheSystem) {
  auto host = tree();
  host->file("etc/issue", "\n\\\\m is no escape\nhello \\l \\r\n").file("etc/motd", "hi\n");
  EXPECT_EQ(test::facts(host, "SELECT file, text, tells, loc FROM banner_line ORDER BY file, text"),
            "issue | \\\\m is no escape | - | etc/issue:2:1\n"
            "issue | hello \\l \\r | \\r | etc/issue:3:1\n"
            "motd | hi | - | etc/motd:1:1\n");
}

}  // namespace
}  // namespace drydock
