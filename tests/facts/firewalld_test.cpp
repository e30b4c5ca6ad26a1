// What firewalld lets in: firewalld.zones(5), firewalld.policies(5), firewalld.direct(5).
#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kReachable =
    "SELECT family, protocol, ports, source, interface, conditions, by_policy, loc FROM "
    "reachable_port "
    "ORDER BY family, protocol, ports, source, interface";

std::shared_ptr<MemoryTree> host(const std::string& zone,
                                 const std::string& conf = "DefaultZone=mine\n") {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/firewalld/firewalld.conf", conf)
      .file("usr/lib/firewalld/services/ssh.xml",
            "<service><port port=\"22\" protocol=\"tcp\"/></service>")
      .file("usr/lib/firewalld/services/dhcpv6-client.xml",
            "<service><port port=\"546\" protocol=\"udp\"/><destination "
            "ipv6=\"fe80::/64\"/></service>")
      .file("usr/lib/firewalld/zones/public.xml", "<zone><service name=\"ssh\"/></zone>")
      .file("etc/firewalld/zones/mine.xml", zone);
  return tree;
}

TEST(FirewalldFacts, ServicesAndPortsOfTheDefaultZone) {
  EXPECT_EQ(test::facts(host("<zone>\n<service name=\"ssh\"/>\n<service name=\"dhcpv6-client\"/>\n"
                             "<port port=\"8080\" protocol=\"tcp\"/>\n</zone>"),
                        kReachable),
            "ip | tcp | 22 | - | - | - | 0 | etc/firewalld/zones/mine.xml:2:1\n"
            "ip | tcp | 8080 | - | - | - | 0 | etc/firewalld/zones/mine.xml:4:1\n"
            "ip6 | tcp | 22 | - | - | - | 0 | etc/firewalld/zones/mine.xml:2:1\n"
            "ip6 | tcp | 8080 | - | - | - | 0 | etc/firewalld/zones/mine.xml:4:1\n"
            "ip6 | udp | 546 | - | - | -d fe80::/64 | 0 | etc/firewalld/zones/mine.xml:3:1\n");
}

TEST(FirewalldFacts, TheFilesOfTheAdministratorComeFirst) {
  auto tree = host("<zone/>", "DefaultZone=public\n");
  tree->file("etc/firewalld/services/ssh.xml",
             "<service><port port=\"2222\" protocol=\"tcp\"/></service>");
  EXPECT_EQ(test::facts(tree, "SELECT family, ports, loc FROM reachable_port"),
            "ip | 2222 | usr/lib/firewalld/zones/public.xml:1:7\n"
            "ip6 | 2222 | usr/lib/firewalld/zones/public.xml:1:7\n");
  tree->file("etc/firewalld/zones/public.xml", "<zone/>");
  EXPECT_EQ(test::facts(tree, "SELECT family, ports, loc FROM reachable_port"), "");
}

TEST(FirewalldFacts, ZonesOfInterfacesAndSources) {
  auto tree = host("<zone/>");
  tree->file("etc/firewalld/zones/a.xml",
             "<zone target=\"ACCEPT\"><interface name=\"eth1\"/></zone>");
  tree->file("etc/firewalld/zones/b.xml",
             "<zone><source address=\"10.0.0.0/8\"/><service name=\"ssh\"/></zone>");
  tree->file("etc/firewalld/zones/c.xml", "<zone target=\"ACCEPT\"><service name=\"ssh\"/></zone>");
  EXPECT_EQ(test::facts(tree, kReachable),
            "ip | - | - | - | eth1 | - | 0 | etc/firewalld/zones/a.xml:1:15\n"
            "ip | tcp | 22 | 10.0.0.0/8 | - | - | 0 | etc/firewalld/zones/b.xml:1:37\n"
            "ip6 | - | - | - | eth1 | - | 0 | etc/firewalld/zones/a.xml:1:15\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT zone, target, is_default, is_active, interfaces, sources, loc FROM firewall_zone "
          "ORDER BY zone"),
      "a | ACCEPT | 0 | 1 | eth1 | - | etc/firewalld/zones/a.xml:1:15\n"
      "b | default | 0 | 1 | - | 10.0.0.0/8 | etc/firewalld/zones/b.xml:1:1\n"
      "c | ACCEPT | 0 | 0 | - | - | etc/firewalld/zones/c.xml:1:15\n"
      "mine | default | 1 | 1 | - | - | etc/firewalld/zones/mine.xml:1:1\n"
      "public | default | 0 | 0 | - | - | usr/lib/firewalld/zones/public.xml:1:1\n");
}

// nm-settings-keyfile(5), nm-settings-ifcfg-rh(5): what is brought up is moved to the zone that is named there.
TEST(FirewalldFacts, ZonesOfConnections) {
  auto tree = host("<zone/>");
  tree->file("usr/lib/systemd/system/NetworkManager.service", "[Service]\nExecStart=/x\n")
      .symlink("etc/systemd/system/multi-user.target.wants/NetworkManager.service",
               "/usr/lib/systemd/system/NetworkManager.service")
      .file("etc/firewalld/zones/open.xml", "<zone target=\"ACCEPT\"/>")
      .file("etc/firewalld/zones/web.xml",
            "<zone><interface name=\"eth0\"/><interface name=\"eth3\"/><service "
            "name=\"ssh\"/></zone>")
      .file("etc/NetworkManager/system-connections/a.nmconnection",
            "[connection]\nid=a\ninterface-name=eth0\nzone=open\n")
      .file("etc/NetworkManager/system-connections/b.nmconnection",
            "[connection]\nid=b\nzone=open\n")
      .file("etc/NetworkManager/system-connections/c.nmconnection",
            "[connection]\nid=c\ninterface-name=eth2\nzone=nowhere\n")
      .file("etc/sysconfig/network-scripts/ifcfg-eth1", "ONBOOT=yes\nZONE=web\n")
      .file("etc/sysconfig/network-scripts/ifcfg-eth4.rpmsave", "DEVICE=eth4\nZONE=open\n");
  EXPECT_EQ(test::facts(tree, "SELECT zone, interfaces FROM firewall_zone ORDER BY zone"),
            "mine | -\nopen | eth0\npublic | -\nweb | eth3,eth1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT interface, ports FROM reachable_port WHERE family = 'ip' ORDER BY "
                        "interface"),
            "eth0 | -\neth1 | 22\neth3 | 22\n");
}

TEST(FirewalldFacts, WhatIsRefusedComesBeforeWhatIsLetIn) {
  EXPECT_EQ(test::facts(host("<zone><port port=\"23\" protocol=\"tcp\"/>"
                             "<rule><port port=\"23\" protocol=\"tcp\"/><drop/></rule></zone>"),
                        kReachable),
            "");
  EXPECT_EQ(
      test::facts(
          host("<zone><port port=\"23\" protocol=\"tcp\"/>"
               "<rule priority=\"1\"><port port=\"23\" protocol=\"tcp\"/><drop/></rule></zone>"),
          "SELECT DISTINCT protocol, ports FROM reachable_port"),
      "tcp | 23\n");
  EXPECT_EQ(test::facts(host("<zone><rule priority=\"-2\" family=\"ipv4\"><source "
                             "address=\"192.0.2.1\"/><accept/></rule>"
                             "<rule><port port=\"23\" protocol=\"tcp\"/><drop/></rule></zone>"),
                        kReachable),
            "ip | - | - | 192.0.2.1 | - | - | 0 | etc/firewalld/zones/mine.xml:1:7\n");
}

TEST(FirewalldFacts, APolicyForTheHostItself) {
  auto tree = host("<zone/>");
  tree->file("etc/firewalld/policies/p.xml",
             "<policy target=\"CONTINUE\"><ingress-zone name=\"ANY\"/><egress-zone name=\"HOST\"/>"
             "<port port=\"9\" protocol=\"udp\"/></policy>");
  tree->file("etc/firewalld/policies/q.xml",
             "<policy target=\"ACCEPT\"><ingress-zone name=\"mine\"/><egress-zone "
             "name=\"public\"/></policy>");
  EXPECT_EQ(
      test::facts(tree, "SELECT DISTINCT protocol, ports, by_policy, loc FROM reachable_port"),
      "udp | 9 | 0 | etc/firewalld/policies/p.xml:1:79\n");
}

TEST(FirewalldFacts, TheTargetOfTheDefaultZoneIsThePolicy) {
  EXPECT_EQ(test::facts(host("<zone target=\"ACCEPT\"/>"), kReachable),
            "ip | - | - | - | - | - | 1 | etc/firewalld/zones/mine.xml:1:15\n"
            "ip6 | - | - | - | - | - | 1 | etc/firewalld/zones/mine.xml:1:15\n");
  EXPECT_EQ(
      test::facts(host("<zone target=\"DROP\"/>"),
                  "SELECT DISTINCT hook, policy, chain, loc FROM firewall_policy ORDER BY hook"),
      "forward | drop | zone mine | etc/firewalld/firewalld.conf:1:1\n"
      "input | drop | zone mine | etc/firewalld/firewalld.conf:1:1\n");
}

// firewalld.direct(5), CAVEATS: with nftables what iptables accepts must pass the zones as well.
TEST(FirewalldFacts, DirectRulesOpenOnlyWithIptables) {
  const std::string direct =
      "<direct><rule ipv=\"ipv4\" table=\"filter\" chain=\"INPUT\" priority=\"0\">-p tcp --dport "
      "80 -j ACCEPT</rule>"
      "<passthrough ipv=\"ipv4\">-I INPUT -p tcp --dport 81 -j ACCEPT</passthrough></direct>";
  auto tree = host("<zone/>");
  tree->file("etc/firewalld/direct.xml", direct);
  EXPECT_EQ(test::facts(tree, kReachable), "");
  tree = host("<zone/>", "DefaultZone=mine\nFirewallBackend=iptables\n");
  tree->file("etc/firewalld/direct.xml", direct);
  EXPECT_EQ(test::facts(tree, "SELECT family, protocol, ports FROM reachable_port ORDER BY ports"),
            "ip | tcp | 80\nip | tcp | 81\n");
  tree = host("<zone><port port=\"23\" protocol=\"tcp\"/></zone>");
  tree->file("etc/firewalld/direct.xml",
             "<direct><rule ipv=\"ipv4\" table=\"filter\" chain=\"INPUT\" priority=\"0\">-p tcp "
             "--dport 23 -j DROP</rule></direct>");
  EXPECT_EQ(test::facts(tree, "SELECT family, protocol, ports FROM reachable_port"),
            "ip6 | tcp | 23\n");
}

TEST(FirewalldFacts, ASetIsWhatIsInIt) {
  auto tree =
      host("<zone><rule><source ipset=\"those\"/><service name=\"ssh\"/><accept/></rule></zone>");
  tree->file("etc/firewalld/ipsets/those.xml",
             "<ipset type=\"hash:ip\"><entry>192.0.2.1</entry><entry>192.0.2.2</entry></ipset>");
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT ports, source FROM reachable_port"),
            "22 | 192.0.2.1,192.0.2.2\n");
}

// firewalld goes back to what its package ships, and nobody can tell what is meant.
TEST(FirewalldFacts, AMistakeMakesAllOfItUnknown) {
  const std::string sql =
      "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = 'reachable_port'";
  EXPECT_EQ(test::facts(host("<zone><prot/></zone>"), sql),
            "etc/firewalld/zones/mine.xml | unknown-element | unknown\n");
  EXPECT_EQ(test::facts(host("<zone><service name=\"gone\"/></zone>"), sql),
            "etc/firewalld/zones/mine.xml | unknown-service | unknown\n");
  EXPECT_EQ(test::facts(host("<zone><prot/></zone>"),
                        "SELECT DISTINCT zone, is_default FROM firewall_zone"),
            "public | 1\n");
}

// An export of /etc has neither the zones nor the services that the package ships.
TEST(FirewalldFacts, WithoutUsrNobodyKnowsWhatIsOpen) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/firewalld/firewalld.conf", "# x\nDefaultZone=public\n");
  const std::string sql =
      "SELECT DISTINCT code, effect, loc FROM parse_issue WHERE table_name = 'reachable_port'";
  EXPECT_EQ(test::facts(tree, sql, Scope::etc),
            "zone-not-here | unknown | etc/firewalld/firewalld.conf:2:1\n");
  tree->file("etc/firewalld/zones/public.xml", "<zone><service name=\"ssh\"/></zone>");
  EXPECT_EQ(test::facts(tree, sql, Scope::etc),
            "service-not-here | unknown | etc/firewalld/zones/public.xml:1:7\n");
  tree->file("etc/firewalld/zones/public.xml", "<zone><port port=\"22\" protocol=\"tcp\"/></zone>");
  EXPECT_EQ(test::facts(tree, sql, Scope::etc), "");
}

TEST(FirewalldFacts, InAFragmentAZoneIsItself) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("files/firewalld/zones/open.xml",
             "<zone target=\"ACCEPT\"><interface name=\"eth0\"/></zone>");
  EXPECT_EQ(test::facts(tree, "SELECT zone, target, is_default, interfaces FROM firewall_zone",
                        Scope::fragment),
            "open | ACCEPT | - | eth0\n");
}

}  // namespace
}  // namespace drydock
