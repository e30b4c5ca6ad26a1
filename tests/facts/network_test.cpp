#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kInterfaces =
    "SELECT manager, name, kind, ipv4, ipv6, starts, accept_ra, forwards, loc FROM "
    "network_interface ORDER BY "
    "manager, name";
constexpr std::string_view kAddresses =
    "SELECT interface, address, prefix, family, scope, loc FROM network_address ORDER BY "
    "interface, address";

// interfaces(5): a stanza for each family; "auto" and "allow-hotplug" say what starts.
TEST(NetworkFacts, Ifupdown) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/network/interfaces",
             "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\nauto eth0\n"
             "iface eth0 inet static\n address 192.0.2.7\n netmask 255.255.255.0\niface eth0 inet6 "
             "auto\n"
             "source-directory more\n")
      .file("etc/network/interfaces.d/wlan", "iface wlan0 inet dhcp\n wpa-psk secret\n")
      .file("etc/network/more/a.b", "iface unread inet dhcp\n")
      .file("etc/network/more/a-b",
            "iface eth1 inet6 static\n address 2001:db8::1/64\n accept_ra 0\n");
  EXPECT_EQ(test::facts(tree, kInterfaces),
            "ifupdown | eth0 | - | static | auto | 1 | yes | - | etc/network/interfaces:5:1\n"
            "ifupdown | eth1 | - | - | static | 0 | no | - | etc/network/more/a-b:1:1\n"
            "ifupdown | lo | loopback | loopback | - | 1 | - | - | etc/network/interfaces:3:1\n"
            "ifupdown | wlan0 | wifi | dhcp | - | 0 | - | - | etc/network/interfaces.d/wlan:1:1\n");
  EXPECT_EQ(test::facts(tree, kAddresses),
            "eth0 | 192.0.2.7 | 24 | ip | documentation | etc/network/interfaces:6:10\n"
            "eth1 | 2001:db8::1 | 64 | ip6 | documentation | etc/network/more/a-b:2:10\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT name, wireless, secret_loc FROM network_interface WHERE kind = 'wifi'"),
      "wlan0 | wpa | etc/network/interfaces.d/wlan:2:2\n");
}

TEST(NetworkFacts, AMistakeInIfupdownMakesItUnknown) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/network/interfaces", "auto eth0\n address 10.0.0.1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = "
                        "'network_interface'"),
            "etc/network/interfaces | misplaced-option | unknown\n");
}

// netplan(5): files by name, of equal names /etc before /usr/lib; a later one amends an earlier one.
TEST(NetworkFacts, Netplan) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/netplan/00.yaml", "network: {ethernets: {masked: {dhcp4: true}}}\n")
      .file("etc/netplan/00.yaml",
            "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    nic:\n      match: "
            "{name: \"en*\"}\n"
            "      dhcp4: true\n      dhcp6: yes\n      accept-ra: false\n")
      .file("etc/netplan/50.yaml",
            "network:\n  ethernets:\n    nic:\n      dhcp4: false\n      addresses:\n        - "
            "198.51.100.9/28\n"
            "        - \"10.0.0.9/8\": {label: x}\n  wifis:\n    wl0:\n      access-points:\n      "
            "  \"home\": {password: abc}\n"
            "        cafe: {}\n");
  EXPECT_EQ(test::facts(tree, kInterfaces),
            "netplan | en* | ethernet | static | dhcp | 1 | no | - | etc/netplan/50.yaml:3:5\n"
            "netplan | wl0 | wifi | - | auto | 1 | yes | - | etc/netplan/50.yaml:9:5\n");
  EXPECT_EQ(test::facts(tree, kAddresses),
            "en* | 10.0.0.9 | 8 | ip | private | etc/netplan/50.yaml:7:11\n"
            "en* | 198.51.100.9 | 28 | ip | documentation | etc/netplan/50.yaml:6:11\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT wireless, wireless_loc, secret_loc FROM network_interface WHERE kind = 'wifi'"),
      "none | etc/netplan/50.yaml:12:9 | etc/netplan/50.yaml:11:28\n");
}

// What netplan's generator was seen to do with them: with one mistake it writes nothing at all.
TEST(NetworkFacts, NetplanTakesAllOrNothing) {
  const auto said = [](const std::string& first, const std::string& second) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/netplan/1.yaml", "network:\n " + first + "\n")
        .file("etc/netplan/2.yaml", "network:\n " + second + "\n");
    return test::facts(tree, "SELECT name, ipv4, ipv6, accept_ra, starts FROM network_interface") +
           test::facts(tree,
                       "SELECT DISTINCT loc FROM parse_issue WHERE table_name = "
                       "'network_interface' AND effect = 'unknown'");
  };
  const std::string good = "ethernets: {a: {dhcp4: True}}";
  EXPECT_EQ(said(good, "ethernets: {b: {dhcp4: 1}}"), "etc/netplan/2.yaml:2:25\n");
  EXPECT_EQ(said(good, "ethernets: {b: {addresses: [10.0.0.1]}}"), "etc/netplan/2.yaml:2:30\n");
  EXPECT_EQ(said(good, "bridges: {a: {}}"), "etc/netplan/2.yaml:2:15\n");
  EXPECT_EQ(said("bridges: {br: {interfaces: [a]}}", good), "etc/netplan/1.yaml:2:30\n");
  EXPECT_EQ(said(good, "renderer: NetworkManager\n ethernets: {a: {activation-mode: off}}"),
            "etc/netplan/2.yaml:3:35\n");
  // Members have no address of the link; what systemd-networkd does by itself shows.
  EXPECT_EQ(said(good, "bridges: {br: {interfaces: [a], link-local: []}}"),
            "a | dhcp | - | no | 1\nbr | - | - | no | 1\n");
  EXPECT_EQ(said(good, "renderer: NetworkManager\n ethernets: {b: {dhcp6: true}}"),
            "a | dhcp | none | kernel | 1\nb | link-local | auto | yes | 1\n");
  EXPECT_EQ(said(good, "ethernets: {a: {dhcp4: no, activation-mode: manual}}"),
            "a | - | auto | yes | 0\n");
}

// systemd.network(5)
TEST(NetworkFacts, Networkd) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/systemd/network/10-lan.network",
             "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nIPForward=ipv4\nLLMNR=yes\nAddress=8.8.8.8/"
             "24\n")
      .file("etc/systemd/network/10-lan.network.d/a.conf",
            "[Network]\nIPv6AcceptRA=no\nMulticastDNS=resolve\n")
      .file("usr/lib/systemd/network/10-lan.network", "[Match]\nName=other\n")
      .file("usr/lib/systemd/network/80-x.network",
            "[Match]\nType=wlan\n[Network]\nDHCP=yes\nAddress=10.1.1.1/"
            "8\nAddress=\n[Address]\nAddress=fd00::1/64\n")
      .file("usr/lib/systemd/network/90-y.network",
            "[Match]\nName=y\n[Network]\nIPMasquerade=both\nDHCP=yes\n")
      .symlink("etc/systemd/network/99-z.network", "/dev/null")
      .file("usr/lib/systemd/network/99-z.network", "[Match]\nName=z\n");
  EXPECT_EQ(
      test::facts(tree, kInterfaces),
      "networkd | eth0 | - | dhcp,static | - | 1 | no | ipv4 | "
      "etc/systemd/network/10-lan.network:1:1\n"
      "networkd | type=wlan | - | dhcp | auto,dhcp,static | 1 | yes | - | "
      "usr/lib/systemd/network/80-x.network:1:1\n"
      "networkd | y | - | dhcp | dhcp | 1 | no | yes | usr/lib/systemd/network/90-y.network:1:1\n");
  EXPECT_EQ(
      test::facts(tree, kAddresses),
      "eth0 | 8.8.8.8 | 24 | ip | global | etc/systemd/network/10-lan.network:7:9\n"
      "type=wlan | fd00::1 | 64 | ip6 | private | usr/lib/systemd/network/80-x.network:8:9\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT llmnr, mdns, forwards_loc, accept_ra_loc FROM network_interface "
                        "WHERE name = 'eth0'"),
            "yes | resolve | etc/systemd/network/10-lan.network:5:1 | "
            "etc/systemd/network/10-lan.network.d/a.conf:2:1\n");
}

// What systemd-networkd itself was seen to do with them.
TEST(NetworkFacts, WhatNetworkdTakesNoNoticeOf) {
  const auto said = [](const std::string& text) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/systemd/network/a.network", text);
    return test::facts(tree,
                       "SELECT name, ipv4, ipv6, accept_ra, starts, (SELECT group_concat(address) "
                       "FROM network_address) FROM network_interface");
  };
  // A file that matches nothing, and one that keeps networkd's hands off.
  EXPECT_EQ(said("[Network]\nAddress=192.0.2.1/24\n"), "");
  EXPECT_EQ(said("[Match]\nName=a\nName=\n[Network]\nDHCP=yes\n"), "");
  EXPECT_EQ(said("[Match]\nName=a\n[Link]\nUnmanaged=1\n[Network]\nDHCP=yes\n"), "");
  // A section with one wrong address in it, or with two of different families.
  EXPECT_EQ(said("[Match]\nName=a\nName=b\n[Network]\nAddress=10.0.0.1/33\n[Address]\n"
                 "Address=10.0.0.2/8\nAddress=x\n[Address]\nAddress=10.0.0.3/8\n[Address]\n"
                 "Address=10.0.0.4/8\nAddress=fd00::1/64\n"),
            "a b | static | auto | yes | 1 | 10.0.0.3\n");
  // Without an address of the link neither router advertisements nor DHCPv6.
  EXPECT_EQ(said("[Match]\nName=a\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=yes\n"
                 "DHCP=yes\nDHCP=maybe\n"),
            "a | dhcp | - | no | 1 | -\n");
  EXPECT_EQ(said("[Match]\nName=a\n[Link]\nActivationPolicy=manual\n[Network]\nBridge=br0\n"),
            "a | - | - | no | 0 | -\n");
}

// nm-settings-keyfile(5)
TEST(NetworkFacts, NetworkManager) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/NetworkManager/system-connections/a.nmconnection",
             "[connection]\nid=a\ntype=ethernet\ninterface-name=eth0\nzone=trusted\nllmnr=2\n[ipv4]"
             "\nmethod=manual\n"
             "address1=198.18.0.1/24,198.18.0.254\n[ipv6]\nmethod=auto\n")
      .file("etc/NetworkManager/system-connections/cafe.nmconnection",
            "[connection]\nid=cafe\ntype=wifi\n[wifi]\nssid=cafe\n[ipv4]\nmethod=shared\n[ipv6]"
            "\nmethod=ignore\n")
      .file("etc/NetworkManager/system-connections/home.nmconnection",
            "[connection]\nid=home\ntype=wifi\nautoconnect=false\n[wifi-security]\nkey-mgmt=wpa-"
            "psk\npsk=abcdefgh\n")
      .file("etc/NetworkManager/system-connections/broken.nmconnection",
            "[connection]\nid=b\nno line\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT name, kind, ipv4, ipv6, starts, accept_ra, forwards, llmnr, zone, "
                        "wireless, secret_loc "
                        "FROM network_interface ORDER BY path"),
            "eth0 | ethernet | static | auto | 1 | yes | - | yes | trusted | - | -\n"
            "* | wifi | shared | none | 1 | kernel | ipv4 | - | - | none | -\n"
            "* | wifi | dhcp | auto | 0 | yes | - | - | - | wpa | "
            "etc/NetworkManager/system-connections/home.nmconnection:7:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT address, scope FROM network_address"),
            "198.18.0.1 | global\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT path, code FROM parse_issue WHERE table_name = "
                        "'network_interface' AND effect = 'unknown'"),
            "etc/NetworkManager/system-connections/broken.nmconnection | not-an-entry\n");
}

TEST(NetworkFacts, ManyAddressesAreBounded) {
  auto tree = std::make_shared<MemoryTree>();
  const auto connection = [](int count) {
    std::string text =
        "[connection]\nid=a\ntype=802-3-ethernet\ninterface-name=a\n[ipv4]\nmethod=manual\n";
    for (int i = 0; i < count; ++i)
      text += "address" + std::to_string(i) + "=10.1." + std::to_string(i / 2 / 256) + "." +
              std::to_string(i / 2 % 256) + "/8\n";
    return text;
  };
  const std::string directory = "etc/NetworkManager/system-connections/";
  tree->file(directory + "a.nmconnection", connection(20'000))
      .file(directory + "b.nmconnection", connection(60'000));
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM network_address"), "10000\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT DISTINCT path, code, effect FROM parse_issue WHERE table_name = "
                        "'network_address'"),
            directory + "b.nmconnection | too-many | unknown\n");
}

// What libnm was seen to refuse, and NetworkManager with it.
TEST(NetworkFacts, WhatNetworkManagerRefuses) {
  const auto said = [](const std::string& text) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/NetworkManager/system-connections/a.nmconnection",
               "[connection]\nid=a\ntype=ethernet\n" + text);
    return test::facts(tree,
                       "SELECT ipv4, ipv6, starts, (SELECT group_concat(address) FROM "
                       "network_address) FROM network_interface") +
           test::facts(tree,
                       "SELECT DISTINCT code FROM parse_issue WHERE table_name = "
                       "'network_interface' AND effect = 'unknown'");
  };
  EXPECT_EQ(said(""), "dhcp | auto | 1 | -\n");
  EXPECT_EQ(said("autoconnect=no\n"), "dhcp | auto | 1 | -\n");
  EXPECT_EQ(said("master=br0\nautoconnect=false\n"), "- | - | 0 | -\n");
  EXPECT_EQ(said("[ipv4]\n"), "bad-value\n");
  EXPECT_EQ(said("[ipv4]\nmethod=static\n"), "bad-value\n");
  EXPECT_EQ(said("[ipv4]\nmethod=manual\naddress1=x\n"), "bad-value\n");
  EXPECT_EQ(said("[ipv4]\nmethod=disabled\naddress1=10.0.0.1/8\n"), "bad-value\n");
  EXPECT_EQ(said("; a comment\n"), "not-an-entry\n");
  EXPECT_EQ(said("[ipv4]\nmethod=manual\naddress1=10.0.0.1/8\naddress2=10.0.0.2/8,x\n"),
            "static | auto | 1 | 10.0.0.1\n");
}

// RFC 6890, RFC 4193, RFC 4291.
TEST(NetworkFacts, WhoCanReachAnAddress) {
  auto tree = std::make_shared<MemoryTree>();
  std::string text = "iface a inet manual\n";
  int n = 0;
  for (const std::string address :
       {"127.1.2.3", "169.254.1.1", "10.255.0.1", "172.15.0.1", "172.31.0.1", "192.168.1.1",
        "100.64.0.1", "100.128.0.1", "198.51.100.1", "9.9.9.9", "::1", "fe80::1", "fd00::1",
        "2606:4700::1", "ff02::1", "2001:db8::1"})
    text += "iface e" + std::to_string(10 + n++) + " inet6 static\n address " + address + "\n";
  tree->file("etc/network/interfaces", text);
  EXPECT_EQ(
      test::facts(tree, "SELECT address, scope FROM network_address ORDER BY interface"),
      "127.1.2.3 | loopback\n169.254.1.1 | link-local\n10.255.0.1 | private\n172.15.0.1 | global\n"
      "172.31.0.1 | private\n192.168.1.1 | private\n100.64.0.1 | shared\n100.128.0.1 | global\n"
      "198.51.100.1 | documentation\n9.9.9.9 | global\n::1 | loopback\nfe80::1 | link-local\n"
      "fd00::1 | private\n2606:4700::1 | global\nff02::1 | multicast\n2001:db8::1 | "
      "documentation\n");
}

TEST(NetworkFacts, LooseFilesAreTheirManagers) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("files/10.network", "[Match]\nName=a\n[Network]\nIPForward=yes\n")
      .file("files/netplan/x.yaml", "network: {ethernets: {b: {dhcp4: true}}}\n")
      .file("files/network/interfaces", "iface c inet dhcp\n")
      .file("files/d.nmconnection", "[connection]\ninterface-name=d\n");
  EXPECT_EQ(test::facts(tree, "SELECT manager, name FROM network_interface ORDER BY name",
                        Scope::fragment),
            "networkd | a\nnetplan | b\nifupdown | c\nNetworkManager | d\n");
}

}  // namespace
}  // namespace drydock
