#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kAll =
    "SELECT manager, family, hook, policy, chain, enabled, policy_loc FROM firewall_policy ORDER "
    "BY "
    "manager, chain, family";

// A host on which `unit` is installed and, if `enabled`, started at boot.
std::shared_ptr<MemoryTree> host(const std::string& unit, bool enabled) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("usr/lib/systemd/systemd", "", 0755);
  tree->file("usr/lib/systemd/system/" + unit, "[Install]\nWantedBy=multi-user.target\n");
  if (enabled)
    tree->symlink("etc/systemd/system/multi-user.target.wants/" + unit,
                  "/usr/lib/systemd/system/" + unit);
  return tree;
}

TEST(FirewallFacts, AnInetChainSeesBothFamilies) {
  auto tree = host("nftables.service", true);
  tree->file(
      "etc/nftables.conf",
      "flush ruleset\ntable inet f {\n chain fw { type filter hook forward priority 0; policy "
      "drop; }\n chain in { type filter hook input priority 0; }\n}\n");
  EXPECT_EQ(test::facts(tree, kAll),
            "nftables | ip | forward | drop | inet f fw | 1 | etc/nftables.conf:3:57\n"
            "nftables | ip6 | forward | drop | inet f fw | 1 | etc/nftables.conf:3:57\n"
            "nftables | ip | input | accept | inet f in | 1 | etc/nftables.conf:4:13\n"
            "nftables | ip6 | input | accept | inet f in | 1 | etc/nftables.conf:4:13\n");
}

TEST(FirewallFacts, IncludesAreReadInPlaceAndAFlushTakesAway) {
  auto tree = host("nftables.service", false);
  tree->file("etc/nftables.conf",
             "table ip a { chain fw { type filter hook forward priority 0; policy drop; }; }\n"
             "flush ruleset\ninclude \"nftables.d/*.nft\"\nadd rule ip b fw counter drop\n");
  tree->file("etc/nftables.d/1.nft",
             "table ip b { chain fw { type filter hook forward priority 0; }; }\n");
  EXPECT_EQ(test::facts(tree, kAll),
            "nftables | ip | forward | drop | ip b fw | 0 | etc/nftables.d/1.nft:1:25\n");
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT why_not_enabled FROM firewall_policy"),
            "nftables.service is disabled\n");
}

TEST(FirewallFacts, IptablesRulesAreOfOneFamily) {
  auto tree = host("netfilter-persistent.service", true);
  tree->file("etc/iptables/rules.v4",
             "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n");
  tree->file("etc/iptables/rules.v6",
             "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT\nCOMMIT\n");
  EXPECT_EQ(test::facts(tree, kAll),
            "iptables | ip | forward | drop | filter FORWARD | 1 | etc/iptables/rules.v4:3:10\n"
            "iptables | ip6 | forward | reject | filter FORWARD | 1 | etc/iptables/rules.v6:2:10\n"
            "iptables | ip | input | accept | filter INPUT | 1 | etc/iptables/rules.v4:2:8\n");
}

// ufw(8): the service only does something if ENABLED=yes.
TEST(FirewallFacts, UfwHasASwitchOfItsOwn) {
  auto tree = host("ufw.service", true);
  tree->file("etc/default/ufw", "IPV6=no\nDEFAULT_FORWARD_POLICY=\"DROP\"\n");
  tree->file("etc/ufw/ufw.conf", "ENABLED=no\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT family, policy, enabled, why_not_enabled FROM firewall_policy"),
      "ip | drop | 0 | ENABLED is not yes in /etc/ufw/ufw.conf\n"
      "ip6 | drop | 0 | ENABLED is not yes in /etc/ufw/ufw.conf\n"
      "ip6 | drop | 0 | ENABLED is not yes in /etc/ufw/ufw.conf\n"
      "ip6 | drop | 0 | ENABLED is not yes in /etc/ufw/ufw.conf\n");
  tree->file("etc/ufw/ufw.conf", "ENABLED=yes\n");
  EXPECT_EQ(test::facts(tree, "SELECT DISTINCT family, policy, enabled FROM firewall_policy"),
            "ip | drop | 1\nip6 | drop | 1\n");
}

TEST(FirewallFacts, InAFragmentNobodyKnowsWhatIsEnabled) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("files/nftables.conf",
             "table ip6 a { chain fw { type filter hook forward priority 0; policy accept; }; }\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT family, policy, enabled FROM firewall_policy", Scope::fragment),
      "ip6 | accept | -\n");
}

}  // namespace
}  // namespace drydock
