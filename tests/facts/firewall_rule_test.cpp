#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kReachable =
    "SELECT family, protocol, ports, source, interface, conditions, by_policy, loc FROM "
    "reachable_port ORDER BY family, protocol, ports";
// For rules that say the same to both families.
constexpr std::string_view kIp4 =
    "SELECT protocol, ports, source, interface, conditions, by_policy FROM reachable_port WHERE "
    "family = 'ip' ORDER BY by_policy, protocol, ports, source";

std::shared_ptr<MemoryTree> nft(std::string rules) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/nftables.conf", std::move(rules));
  return tree;
}

std::string input(const std::string& policy, const std::string& rules) {
  return "table inet f {\n chain in {\n  type filter hook input priority 0; policy " + policy +
         ";\n" + rules + " }\n}\n";
}

TEST(FirewallRule, SaysWhatTheWordsMean) {
  auto host = nft(
      "define lan = { 10.0.0.0/8, 192.0.2.0/24 }\ntable ip f {\n"
      " set bad { type ipv4_addr; flags interval; elements = { 198.51.100.1, 198.51.100.2 }; }\n"
      " chain in {\n  type filter hook input priority 0\n"
      "  ip saddr $lan tcp dport { 22, 80-90 } ct state new counter accept comment \"x\"\n"
      "  ip saddr @bad drop\n  iifname \"eth0\" udp dport != 53 jump mine\n"
      "  limit rate 5/second burst 10 packets accept\n  log prefix \"p \" level info\n }\n}\n");
  EXPECT_EQ(test::facts(host,
                        "SELECT position, protocol, ports, source, interface, states, other, "
                        "verdict, target FROM firewall_rule ORDER BY position"),
            "1 | tcp | 22,80-90 | 10.0.0.0/8,192.0.2.0/24 | - | new | - | accept | -\n"
            "2 | - | - | 198.51.100.1,198.51.100.2 | - | - | - | drop | -\n"
            "3 | udp | - | - | eth0 | - | dport != 53 | jump | mine\n"
            "4 | - | - | - | - | - | - | accept | -\n"
            "5 | - | - | - | - | - | - | - | -\n");
}

TEST(ReachablePort, IsWhatANewConnectionFromElsewhereGetsTo) {
  auto host = nft(input("drop",
                        "  ct state established,related accept\n  iif \"lo\" accept\n"
                        "  ct state invalid drop\n  tcp dport 22 accept\n"
                        "  ip saddr 10.0.0.0/8 accept\n  ip6 nexthdr icmpv6 accept\n"));
  EXPECT_EQ(test::facts(host, kReachable),
            "ip | - | - | 10.0.0.0/8 | - | - | 0 | etc/nftables.conf:8:3\n"
            "ip | tcp | 22 | - | - | - | 0 | etc/nftables.conf:7:3\n"
            "ip6 | icmpv6 | - | - | - | - | 0 | etc/nftables.conf:9:3\n"
            "ip6 | tcp | 22 | - | - | - | 0 | etc/nftables.conf:7:3\n");
}

TEST(ReachablePort, TheOrderDecides) {
  EXPECT_EQ(test::facts(nft(input("accept", "  tcp dport 23 drop\n  tcp dport 23 accept\n")), kIp4),
            "- | - | - | - | - | 1\n");
  EXPECT_EQ(test::facts(nft(input("accept", "  drop\n  tcp dport 22 accept\n")), kIp4), "");
  EXPECT_EQ(test::facts(nft(input("drop", "  accept\n  tcp dport 22 accept\n")), kIp4),
            "- | - | - | - | - | 0\n");
}

TEST(ReachablePort, FollowsJumpsWithTheirConditions) {
  const std::string mine = " chain mine {\n  tcp dport 22 accept\n  return\n  accept\n }\n";
  auto host = nft("table inet f {\n" + mine +
                  " chain in {\n  type filter hook input priority 0; policy drop;\n"
                  "  ip saddr 192.0.2.1 jump mine\n  goto gone\n  tcp dport 80 accept\n }\n}\n");
  EXPECT_EQ(test::facts(host, kIp4), "tcp | 22 | 192.0.2.1 | - | - | 0\n");
}

TEST(ReachablePort, APacketMustPassEveryBaseChain) {
  auto host = nft(
      "table inet a { chain i { type filter hook input priority -5; policy drop;\n tcp dport 22 "
      "accept\n tcp dport 80 accept\n } \n}\n"
      "table inet b { chain i { type filter hook input priority 0; policy drop;\n tcp dport 22 "
      "accept\n } \n}\n"
      "table inet c { chain i { type filter hook input priority 9; policy accept;\n } \n}\n");
  EXPECT_EQ(test::facts(host, kIp4), "tcp | 22 | - | - | - | 0\n");
}

// A match may stand behind the target; what goes to this host does not go to another.
TEST(ReachablePort, TakesNoMatchOfIptablesForAnother) {
  const auto opened = [](const std::string& rules) {
    auto host = std::make_shared<MemoryTree>();
    host->file("etc/iptables/rules.v4", "*filter\n:INPUT DROP [0:0]\n" + rules +
                                            "-A INPUT -p tcp --dport 80 -j ACCEPT\nCOMMIT\n");
    return test::facts(host, "SELECT protocol, ports, source, conditions FROM reachable_port");
  };
  EXPECT_EQ(opened("-A INPUT -j DROP -s 10.0.0.0/8\n"), "tcp | 80 | - | -\n");
  EXPECT_EQ(opened("-A INPUT -m addrtype ! --dst-type LOCAL -j DROP\n"), "tcp | 80 | - | -\n");
  EXPECT_EQ(opened("-A INPUT -m addrtype --dst-type LOCAL -j DROP\n"), "");
  EXPECT_EQ(opened("-A INPUT -p tcp ! --syn -j DROP\n"), "tcp | 80 | - | -\n");
  EXPECT_EQ(opened("-A INPUT -p tcp --syn -j REJECT --reject-with tcp-reset\n"), "");
  EXPECT_EQ(opened("-A INPUT ! -d 192.0.2.1 -s 192.0.2.2 -j ACCEPT\n"),
            "- | - | 192.0.2.2 | ! -d 192.0.2.1\ntcp | 80 | - | -\n");
}

// What iptables-restore was seen to make of them.
TEST(ReachablePort, ReadsIptablesAsItIsWritten) {
  const auto opened = [](const std::string& rules) {
    auto host = std::make_shared<MemoryTree>();
    host->file("etc/iptables/rules.v4",
               "*filter\n:INPUT DROP [0:0]\n:mine - [0:0]\n" + rules + "COMMIT\n");
    return test::facts(host, "SELECT protocol, ports, source, conditions FROM reachable_port");
  };
  EXPECT_EQ(
      opened(
          "-A INPUT -p 6 -m multiport --dports ssh,:80,60000: -s 10.0.0.0/255.0.0.0 -j ACCEPT\n"),
      "tcp | 22,0-80,60000-65535 | 10.0.0.0/8 | -\n");
  EXPECT_EQ(opened("-A INPUT -p TCP --dport http ! -s 192.0.2.1/32 -d 192.0.2.2/32 -j ACCEPT\n"),
            "tcp | 80 | - | ! -s 192.0.2.1 -d 192.0.2.2\n");
  EXPECT_EQ(opened("-A INPUT -p tcp --dport 22 -j ACCEPT\n-A mine -p tcp -j ACCEPT\n-F INPUT\n"
                   "-A INPUT -j mine\n"),
            "tcp | - | - | -\n");
  EXPECT_EQ(opened("-A INPUT -p tcp --dport 22 -j ACCEPT\n-F\n"), "");
  EXPECT_EQ(opened("-A INPUT -p icmp -j mine\n-A mine -p tcp -j ACCEPT\n"), "");
}

// What is dropped before in parts, or in a chain of its own; but not for those who left that chain above the drop.
TEST(ReachablePort, WhatIsDroppedBeforeIsNotReachable) {
  const auto opened = [](const std::string& rules) {
    auto host = std::make_shared<MemoryTree>();
    host->file("etc/iptables/rules.v4",
               "*filter\n:INPUT DROP [0:0]\n:mine - [0:0]\n" + rules + "COMMIT\n");
    return test::facts(host, "SELECT protocol, ports, source, interface FROM reachable_port");
  };
  const std::string web = "-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT\n";
  EXPECT_EQ(
      opened("-A INPUT -p tcp --dport 443 -j DROP\n-A INPUT -p tcp --dport 70:90 -j DROP\n" + web),
      "");
  EXPECT_EQ(
      opened("-A INPUT -p udp --dport 443 -j DROP\n-A INPUT -p tcp --dport 70:90 -j DROP\n" + web),
      "tcp | 80,443 | - | -\n");
  EXPECT_EQ(opened("-A INPUT -i eth0 -j mine\n-A mine -p tcp -j DROP\n" + web),
            "tcp | 80,443 | - | -\n");
  EXPECT_EQ(opened("-A INPUT -p tcp --dport 80:443 -j mine\n-A mine -s 10.0.0.0/8 -j ACCEPT\n"
                   "-A mine -j DROP\n" +
                   web),
            "tcp | 80-443 | 10.0.0.0/8 | -\n");
  EXPECT_EQ(opened("-A INPUT -s 10.0.0.0/8 -j DROP\n-A INPUT -s 10.0.0.0/8 -p tcp -j ACCEPT\n"),
            "");
  // Those of 10.0.0.0/8 come back, and go on.
  EXPECT_EQ(opened("-A INPUT -j mine\n-A mine -s 10.0.0.0/8 -j RETURN\n-A mine -j DROP\n" + web),
            "tcp | 80,443 | - | -\n");
  EXPECT_EQ(
      opened("-A INPUT -j mine\n-A mine -s 10.0.0.0/8 -j RETURN\n-A mine -p tcp -j DROP\n" + web),
      "tcp | 80,443 | - | -\n");
  // No packet is of two protocols, or for two ports.
  EXPECT_EQ(opened("-A INPUT -p tcp -j mine\n-A mine -p udp -j ACCEPT\n"), "");
  EXPECT_EQ(opened("-A INPUT -p tcp --dport 1:1023 -j mine\n-A mine -p tcp --dport 8080 -j ACCEPT\n"
                   "-A mine -p tcp --dport 1000:2000 -j ACCEPT\n"),
            "tcp | 1000-1023 | - | -\n");
}

TEST(ReachablePort, ReadsIptablesAndUfw) {
  auto host = std::make_shared<MemoryTree>();
  host->file(
          "etc/iptables/rules.v4",
          "*filter\n:INPUT DROP [0:0]\n:web - [0:0]\n"
          "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
          "-A INPUT -i lo -j ACCEPT\n-A INPUT ! -i eth1 -p udp -j ACCEPT\n"
          "-A INPUT -p tcp -m multiport --dports 80,443 -j web\n-A web -s 203.0.113.0/24 -j "
          "ACCEPT\n"
          "[3:4] -A INPUT -p tcp -m tcp --dport 6000:6010 -m comment --comment \"a b\" -j ACCEPT\n"
          "COMMIT\n")
      .file("etc/ufw/ufw.conf", "ENABLED=yes\n")
      .file("etc/default/ufw", "DEFAULT_INPUT_POLICY=\"DROP\"\nIPV6=no\n")
      .file("etc/ufw/user.rules",
            "*filter\n:ufw-user-input - [0:0]\n"
            "### tuple ### allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 in\n"
            "-A ufw-user-input -p tcp --dport 22 -s 10.0.0.0/8 -j ACCEPT\n"
            "-A ufw-user-input -p tcp --dport 25 -m conntrack --ctstate NEW -m recent --set\n"
            "-A ufw-user-input -p tcp --dport 25 -j ufw-user-limit-accept\nCOMMIT\n");
  EXPECT_EQ(test::facts(host,
                        "SELECT manager, protocol, ports, source, conditions, loc FROM "
                        "reachable_port ORDER BY manager, protocol, ports"),
            "iptables | tcp | 6000-6010 | - | - | etc/iptables/rules.v4:9:1\n"
            "iptables | tcp | 80,443 | 203.0.113.0/24 | - | etc/iptables/rules.v4:8:1\n"
            "iptables | udp | - | - | ! -i eth1 | etc/iptables/rules.v4:6:1\n"
            "ufw | tcp | 22 | 10.0.0.0/8 | - | etc/ufw/user.rules:4:1\n"
            "ufw | tcp | 25 | - | - | etc/ufw/user.rules:6:1\n");
}

}  // namespace
}  // namespace drydock
