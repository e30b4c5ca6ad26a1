#include <gtest/gtest.h>

#include "tests/facts/facts.h"
#include "tests/facts/few_facts.h"

namespace drydock {
namespace {

std::string outcome(const std::string& allow, const std::string& deny) {
  auto tree = std::make_shared<MemoryTree>();
  if (!allow.empty()) tree->file("etc/hosts.allow", allow);
  if (!deny.empty()) tree->file("etc/hosts.deny", deny);
  return test::facts(tree, "SELECT daemon, admits_everybody, loc FROM tcp_wrapper ORDER BY daemon");
}

// hosts_access(5), "ACCESS CONTROL FILES"
TEST(HostAccessFacts, TheFirstMatchCountsAllowBeforeDeny) {
  EXPECT_EQ(outcome("", ""), "* | 1 | -\n");
  EXPECT_EQ(outcome("", "ALL: ALL\n"), "* | 0 | etc/hosts.deny:1:1\n");
  EXPECT_EQ(outcome("sshd: 10.0.0.0/8\n", "ALL: ALL\n"),
            "* | 0 | etc/hosts.deny:1:1\nsshd | 0 | etc/hosts.deny:1:1\n");
  EXPECT_EQ(outcome("sshd: ALL\n", "ALL: ALL\n"),
            "* | 0 | etc/hosts.deny:1:1\nsshd | 1 | etc/hosts.allow:1:1\n");
  EXPECT_EQ(outcome("ALL: ALL\n", "ALL: ALL\n"), "* | 1 | etc/hosts.allow:1:1\n");
  EXPECT_EQ(outcome("", "ALL EXCEPT sshd: ALL\n"), "* | 0 | etc/hosts.deny:1:1\nsshd | 1 | -\n");
  EXPECT_EQ(outcome("ALL: ALL : DENY\n", ""), "* | 0 | etc/hosts.allow:1:1\n");
  EXPECT_EQ(outcome("", "ALL: ALL : spawn (mail root) & : allow\n"),
            "* | 1 | etc/hosts.deny:1:1\n");
}

// libwrap denies all where hosts.deny ends without a newline.
TEST(HostAccessFacts, ALineWithoutAnEnd) {
  EXPECT_EQ(outcome("", "ftpd: 10."), "* | 0 | etc/hosts.deny:1:1\n");
  EXPECT_EQ(outcome("sshd: ALL", "ALL: ALL\n"), "* | 0 | etc/hosts.deny:1:1\n");
}

// A client's name is its own to choose.
TEST(HostAccessFacts, WhatAClientCanChooseKeepsNobodyOut) {
  EXPECT_EQ(outcome("", "ALL: UNKNOWN\n"), "* | 1 | -\n");
  EXPECT_EQ(outcome("ALL: KNOWN\n", "ALL: ALL\n"), "* | 1 | etc/hosts.allow:1:1\n");
  EXPECT_EQ(outcome("ALL: 0.0.0.0/0.0.0.0\n", "ALL: ALL\n"), "* | 1 | etc/hosts.allow:1:1\n");
  EXPECT_EQ(outcome("ALL: LOCAL .example.org\n", "ALL: ALL\n"), "* | 0 | etc/hosts.deny:1:1\n");
}

TEST(HostAccessFacts, ALineThatIsNoneIsPassedOver) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/hosts.deny", "ALL ALL\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = 'host_access'"),
      "etc/hosts.deny | missing-colon | ignored\n");
  EXPECT_EQ(test::facts(tree, "SELECT daemon, admits_everybody FROM tcp_wrapper"), "* | 1\n");
}

constexpr std::string_view kServices =
    "SELECT name, manager, protocol, user, program, address, only_from, disabled, loc FROM "
    "inet_service ORDER BY "
    "manager, name";

TEST(InetServiceFacts, LinesOfInetd) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/inetd.conf",
             "#telnet stream tcp nowait root /usr/sbin/tcpd in.telnetd\n"
             "shell stream tcp nowait root /usr/sbin/tcpd in.rshd\n127.0.0.1:time dgram udp wait "
             "root internal\n");
  EXPECT_EQ(test::facts(tree, kServices),
            "shell | inetd | tcp | root | /usr/sbin/tcpd | - | - | 0 | etc/inetd.conf:2:1\n"
            "time | inetd | udp | root | internal | 127.0.0.1 | - | 0 | etc/inetd.conf:3:1\n");
}

// xinetd.conf(5): includedir, disable, and disabled and enabled of the defaults.
TEST(InetServiceFacts, SectionsOfXinetd) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/xinetd.conf",
             "defaults\n{\n disabled = time-udp\n only_from = 10.0.0.0/8\n}\nincludedir "
             "/etc/xinetd.d\n")
      .file("etc/xinetd.d/telnet",
            "service telnet\n{\n socket_type = stream\n wait = no\n user = root\n server = "
            "/usr/sbin/in.telnetd\n only_from = 192.0.2.1\n}\n")
      .file("etc/xinetd.d/time",
            "service time\n{\n id = time-udp\n type = INTERNAL\n protocol = udp\n}\n")
      .file("etc/xinetd.d/echo", "service echo\n{\n disable = yes\n type = INTERNAL\n}\n")
      .file("etc/xinetd.d/old.bak", "service old\n{\n}\n")
      .file("etc/xinetd.d/older~", "service older\n{\n}\n");
  EXPECT_EQ(test::facts(tree, kServices),
            "echo | xinetd | - | - | internal | - | 10.0.0.0/8 | 1 | etc/xinetd.d/echo:1:1\n"
            "telnet | xinetd | - | root | /usr/sbin/in.telnetd | - | 192.0.2.1 | 0 | "
            "etc/xinetd.d/telnet:1:1\n"
            "time | xinetd | udp | - | internal | - | 10.0.0.0/8 | 1 | etc/xinetd.d/time:1:1\n");
}

// A service over and over, and one at a hundred thousand addresses: bounded work, and what is left out is said.
TEST(HostAccess, HostileInetdConf) {
  auto tree = std::make_shared<MemoryTree>();
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "2000 stream tcp4 nowait root /bin/x\n";
  text += "2001 stream tcp4 nowait root /bin/" + std::string(500, 'y') + "\n";
  std::string addresses;
  for (int i = 0; i < 100'000; ++i)
    addresses += "10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
                 std::to_string(i % 256) + ",";
  tree->file("etc/inetd.conf", text + addresses + ":2002 stream tcp4 nowait root /bin/x " +
                                   std::string(1000, 'z') + "\n")
      .file("usr/sbin/inetutils-inetd", "");
  const test::FewFacts facts(tree, {"inet_service", "unit"}, {"inet_service"});
  EXPECT_EQ(facts.text("SELECT name, count(*) FROM inet_service GROUP BY name"),
            "2000 | 1\n2001 | 1\n");
  EXPECT_EQ(facts.text("SELECT count(*) FROM override WHERE table_name = 'inet_service'"),
            "19999\n");
  EXPECT_EQ(facts.text("SELECT code, effect FROM parse_issue WHERE table_name = 'inet_service'"),
            "too-many-services | unknown\n");
}

// Buffers without a protocol in front.
TEST(InetServiceFacts, AProtocolMayBeEmpty) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/inetd.conf", "time stream ,rcvbuf=64k nowait root internal\n");
  EXPECT_EQ(test::facts(tree, kServices),
            "time | inetd | - | root | internal | - | - | 0 | etc/inetd.conf:1:1\n");
}

// Each service of xinetd has a copy of what the defaults say.
TEST(InetServiceFacts, LongDefaultsTimesManyServicesAreBounded) {
  std::string text = "defaults\n{\n only_from =";
  for (int i = 0; i < 20'000; ++i) text += " host" + std::to_string(i);
  text += "\n}\n";
  for (int i = 0; i < 20'000; ++i) text += "service s" + std::to_string(i) + "\n{\n}\n";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/xinetd.conf", text);
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM inet_service"), "25\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'inet_service'"),
      "too-many-services | unknown | etc/xinetd.conf:80:1\n");
}

}  // namespace
}  // namespace drydock
