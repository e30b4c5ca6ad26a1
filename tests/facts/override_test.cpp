// What a written setting loses to, and why: the related places of a finding come from these rows. A case is the
// files of a host and the rows of `override` about one table.
#include <gtest/gtest.h>

#include <map>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

struct Case {
  const char* name;
  const char* table;
  std::map<std::string, std::string> files;  // "-> x": a link to x
  const char* rows;                          // key, winner, loser, value, reason
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

const Case kCases[] = {
    {"UnitFileOfTheAdministrator",
     "unit_setting",
     {{"etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\nUser=me\n"},
      {"usr/lib/systemd/system/a.service",
       "[Service]\nExecStart=/bin/a\nUser=it\nNoNewPrivileges=yes\n"}},
     "a.service/Service/User | etc/systemd/system/a.service:3:1 | "
     "usr/lib/systemd/system/a.service:3:1 | it | etc/systemd/system/a.service has the same name "
     "and counts instead\n"
     "a.service/Service/NoNewPrivileges | - | usr/lib/systemd/system/a.service:4:1 | yes | "
     "etc/systemd/system/a.service has the same name and counts instead\n"},
    {"DropInsOfOneName",
     "unit_setting",
     {{"usr/lib/systemd/system/a.service", "[Service]\nExecStart=/bin/a\n"},
      {"etc/systemd/system/a.service.d/x.conf", "[Service]\nUser=me\n"},
      {"usr/lib/systemd/system/a.service.d/x.conf", "[Service]\nUser=it\n"},
      {"etc/systemd/system/a.service.d/y.conf", "-> /dev/null"},
      {"usr/lib/systemd/system/a.service.d/y.conf", "[Service]\nPrivateTmp=yes\n"}},
     "a.service/Service/User | etc/systemd/system/a.service.d/x.conf:2:1 | "
     "usr/lib/systemd/system/a.service.d/x.conf:2:1 | it | etc/systemd/system/a.service.d/x.conf "
     "has the same name and counts instead\n"
     "a.service/Service/PrivateTmp | - | usr/lib/systemd/system/a.service.d/y.conf:2:1 | yes | "
     "etc/systemd/system/a.service.d/y.conf masks it\n"},
    {"DropInsOfADaemon",
     "setting",
     {{"etc/systemd/journald.conf.d/x.conf", "[Journal]\nStorage=none\n"},
      {"usr/lib/systemd/journald.conf.d/x.conf", "[Journal]\nStorage=persistent\nSeal=no\n"},
      {"usr/lib/systemd/journald.conf", "[Journal]\nCompress=no\n"},
      {"etc/systemd/journald.conf", "[Journal]\nCompress=yes\n"}},
     "journald.Compress | etc/systemd/journald.conf:2:1 | usr/lib/systemd/journald.conf:2:1 | no | "
     "etc/systemd/journald.conf has the same name and counts instead\n"
     "journald.Storage | etc/systemd/journald.conf.d/x.conf:2:1 | "
     "usr/lib/systemd/journald.conf.d/x.conf:2:1 | persistent | etc/systemd/journald.conf.d/x.conf "
     "has the same name and counts instead\n"
     "journald.Seal | - | usr/lib/systemd/journald.conf.d/x.conf:3:1 | no | "
     "etc/systemd/journald.conf.d/x.conf has the same name and counts instead\n"},
    {"TheLastRuleOfSudo",
     "sudo_rule",
     {{"etc/sudoers", "ann ALL=NOPASSWD: ALL\nann ALL=(ALL) ALL\n"}},
     "ann | etc/sudoers:2:1 | etc/sudoers:1:1 | NOPASSWD: ALL | the last rule that matches counts\n"
     "ann | etc/sudoers:2:15 | etc/sudoers:1:19 | NOPASSWD: ALL | the last rule that matches "
     "counts\n"},
    {"AssignmentsOfGrub",
     "kernel_argument",
     {{"etc/default/grub", "GRUB_CMDLINE_LINUX=\"audit=1 quiet\"\n"},
      {"etc/default/grub.d/50.cfg", "GRUB_CMDLINE_LINUX=\"audit=0\"\n"},
      {"etc/default/grub.d/60.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX nosmt\"\n"}},
     "audit | etc/default/grub.d/50.cfg:1:21 | etc/default/grub:1:21 | 1 | a later assignment "
     "takes "
     "its place\n"
     "quiet | etc/default/grub.d/60.cfg:1:1 | etc/default/grub:1:29 |  | a later assignment takes "
     "its place\n"},
    {"LinesOfOneName",
     "account",
     {{"etc/passwd", "ann:x:1000:1000::/:/bin/sh\nann:x:0:0::/:/bin/sh\n"},
      {"etc/shadow", "ann:!:1::::::\nann::1::::::\n"}},
     "ann | etc/shadow:1:5 | etc/shadow:2:5 | password: empty | the first line of a name counts\n"
     "ann | etc/passwd:1:1 | etc/passwd:2:1 | uid 0 | the first line of a name counts\n"},
    {"GroupsOfOneName",
     "account_group",
     {{"etc/group", "docker:x:99:\ndocker:x:100:ann\n"}},
     "docker | etc/group:1:1 | etc/group:2:1 | gid 100 | the first line of a name counts\n"},
    {"DatabasesOfNames",
     "nss_source",
     {{"etc/nsswitch.conf", "passwd: files nis\npasswd: files\n"}},
     "passwd | etc/nsswitch.conf:2:9 | etc/nsswitch.conf:1:9 | files | the last line of a database "
     "counts\n"
     "passwd | etc/nsswitch.conf:2:9 | etc/nsswitch.conf:1:15 | nis | the last line of a database "
     "counts\n"},
    {"JobsWithBothLists",
     "job_access",
     {{"etc/passwd", "ann:x:1:1::/:/bin/sh\nbob:x:2:2::/:/bin/sh\n"},
      {"etc/at.allow", "ann\n"},
      {"etc/at.deny", "ann\nbob\n"}},
     "ann | etc/at.allow:1:1 | etc/at.deny:1:1 | ann | /etc/at.deny is not read where there is a "
     "at.allow\n"
     "bob | - | etc/at.deny:2:1 | bob | /etc/at.deny is not read where there is a at.allow\n"},
    {"LinesForOnePath",
     "tmpfiles_line",
     {{"etc/tmpfiles.d/a.conf", "d /srv/x 0750 root root\n"},
      {"etc/tmpfiles.d/b.conf", "d /srv/x 0777 root root\nz /srv/x 0700\n"}},
     "/srv/x | etc/tmpfiles.d/a.conf:1:1 | etc/tmpfiles.d/b.conf:1:1 | d /srv/x 0777 root root | "
     "the first line for a path counts\n"},
    {"LogrotateBlocks",
     "logrotate_log",
     {{"etc/logrotate.conf", "weekly\nrotate 4\n/var/log/a {\n  daily\n}\n"}},
     "/var/log/a | etc/logrotate.conf:4:3 | etc/logrotate.conf:1:1 | weekly | what is said last "
     "counts\n"},
    {"PoliciesOfIptables",
     "firewall_policy",
     {{"etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\n:INPUT ACCEPT [0:0]\nCOMMIT\n"}},
     "filter INPUT | etc/iptables/rules.v4:3:8 | etc/iptables/rules.v4:2:8 | drop | set again "
     "later\n"},
    {"PoliciesOfNftables",
     "firewall_policy",
     {{"etc/nftables.conf",
       "table ip f {\n chain i {\n  type filter hook input priority 0; policy drop;\n }\n}\n"
       "flush ruleset\n"
       "table ip f {\n chain i {\n  type filter hook input priority 0; policy accept;\n }\n}\n"}},
     "ip f i | etc/nftables.conf:9:45 | etc/nftables.conf:3:45 | drop | a later command throws the "
     "chain away\n"},
    {"PoliciesOfUfw",
     "firewall_policy",
     {{"etc/default/ufw", "DEFAULT_INPUT_POLICY=DROP\nDEFAULT_INPUT_POLICY=ACCEPT\n"},
      {"etc/ufw/ufw.conf", "ENABLED=yes\n"}},
     "DEFAULT_INPUT_POLICY | etc/default/ufw:2:22 | etc/default/ufw:1:22 | DROP | set again "
     "later\n"},
    {"ZonesOfFirewalld",
     "firewall_zone",
     {{"etc/firewalld/firewalld.conf", "DefaultZone=drop\n"},
      {"etc/firewalld/zones/drop.xml", "<zone target=\"ACCEPT\"></zone>"},
      {"usr/lib/firewalld/zones/drop.xml", "<zone target=\"DROP\"></zone>"}},
     "drop | etc/firewalld/zones/drop.xml:1:15 | usr/lib/firewalld/zones/drop.xml:1:15 | DROP | "
     "the "
     "file of the same name in /etc counts instead\n"},
    {"InterfacesOfNetplan",
     "network_interface",
     {{"etc/netplan/1.yaml", "network: {ethernets: {eth0: {accept-ra: false}}}\n"},
      {"etc/netplan/2.yaml", "network: {ethernets: {eth0: {accept-ra: true}}}\n"}},
     "eth0 | etc/netplan/2.yaml:1:41 | etc/netplan/1.yaml:1:41 | no | read earlier than "
     "etc/netplan/2.yaml\n"},
    {"InterfacesOfNetworkd",
     "network_interface",
     {{"etc/systemd/network/1.network", "[Match]\nName=eth0\n[Network]\nLLMNR=no\n"},
      {"etc/systemd/network/1.network.d/a.conf", "[Network]\nLLMNR=yes\n"}},
     "eth0 | etc/systemd/network/1.network.d/a.conf:2:1 | etc/systemd/network/1.network:4:1 | no | "
     "read earlier than etc/systemd/network/1.network.d/a.conf\n"},
    {"SecretsStayOut",
     "network_interface",
     {{"etc/NetworkManager/system-connections/a",
       "[connection]\nid=a\nzone=drop\nzone=trusted\n[wifi-security]\npsk=first\npsk=second\n"}},
     "* | etc/NetworkManager/system-connections/a:4:1 | "
     "etc/NetworkManager/system-connections/a:3:1 | drop | set again later in the same file\n"},
    {"AttributesOfXinetd",
     "inet_service",
     {{"etc/xinetd.conf",
       "service telnet\n{\n\tsocket_type = stream\n\twait = no\n\tuser = nobody\n\tuser = root\n"
       "\tserver = /bin/a\n}\n"}},
     "telnet | etc/xinetd.conf:1:1 | etc/xinetd.conf:6:2 | user = root | the attribute is set "
     "above, "
     "and the first counts\n"},
    {"LinesOfTcpWrappers",
     "tcp_wrapper",
     {{"etc/hosts.allow", "sshd: ALL\n"}, {"etc/hosts.deny", "ALL: ALL\n"}},
     "sshd | etc/hosts.allow:1:1 | etc/hosts.deny:1:1 | deny | the first line that matches "
     "counts\n"},
    {"RegistriesOfPodman",
     "podman_registry",
     {{"etc/containers/registries.conf", "[[registry]]\nlocation = \"a.example\"\n"},
      {"etc/containers/registries.conf.d/x.conf",
       "[[registry]]\nlocation = \"a.example\"\ninsecure = true\n"}},
     "a.example | etc/containers/registries.conf.d/x.conf:3:1 | "
     "etc/containers/registries.conf:2:1 | a.example | a file read later has the same prefix\n"},
};

class Override : public testing::TestWithParam<Case> {};

TEST_P(Override, NamesTheWinnerAndTheReason) {
  const Case& c = GetParam();
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/hostname", "box\n");
  for (const auto& [path, content] : c.files)
    if (content.starts_with("-> "))
      tree->symlink(path, content.substr(3));
    else
      tree->file(path, content);
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT key, winner, loser, value, reason FROM override WHERE table_name = '" +
                      std::string(c.table) + "' ORDER BY rowid"),
      c.rows);
}

INSTANTIATE_TEST_SUITE_P(All, Override, testing::ValuesIn(kCases),
                         [](const auto& one) { return std::string(one.param.name); });

// Where each line loses to each, or says again for how much it is, not all are told.
TEST(Override, ManyLinesAreBounded) {
  const auto count = [](const char* path, const std::string& text, const char* table) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file(path, text);
    return test::facts(
        tree, "SELECT count(*) FROM override WHERE table_name = '" + std::string(table) + "'");
  };
  std::string line = "passwd:", text, block = "/var/log/" + std::string(10'000, 'x') + " {\n";
  for (int i = 0; i < 20; ++i) line += " s" + std::to_string(i);
  for (int i = 0; i < 1'000; ++i) text += line + "\n";
  for (int i = 0; i < 6'000; ++i) block += "daily\nweekly\n";
  EXPECT_EQ(count("etc/nsswitch.conf", text, "nss_source"), "10000\n");
  std::string made;
  for (int i = 0; i < 12'000; ++i) made += "f /a\n";
  EXPECT_EQ(count("etc/tmpfiles.d/a.conf", made, "tmpfiles_line"), "10000\n");
  EXPECT_EQ(count("etc/logrotate.conf", block + "}\n", "logrotate_log"), "10000\n");
}

// nm-settings(5): keys and PINs, in whatever group they stand.
TEST(Override, SecretsAreNotTold) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/NetworkManager/system-connections/a.nmconnection",
             "[connection]\nid=a\ntype=wireguard\nzone=one\nzone=two\n"
             "[wireguard-peer.k]\npreshared-key=AAA\npreshared-key=BBB\n"
             "[gsm]\npin=1234\npin=4321\n[macsec]\nmka-cak=CCC\nmka-cak=DDD\n",
             0600);
  EXPECT_EQ(test::facts(tree, "SELECT value FROM override WHERE table_name = 'network_interface'"),
            "one\n");
}

}  // namespace
}  // namespace drydock
