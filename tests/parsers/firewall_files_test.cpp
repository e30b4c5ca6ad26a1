#include <gtest/gtest.h>

#include "parsers/iptables_save.h"
#include "parsers/nftables.h"
#include "tests/parsers/render.h"

namespace drydock::parsers {
namespace {

std::string nft(std::string_view text) {
  const nftables::File file = nftables::parse(text);
  std::string out;
  for (const nftables::Entry& entry : file.entries) {
    if (const auto* chain = std::get_if<nftables::Chain>(&entry))
      out += chain->family + " " + chain->table + " " + chain->name + " at " +
             test::place(chain->span) + " " + chain->type + "/" + chain->hook + " policy [" +
             chain->policy + "] at " + test::place(chain->policy_span) + " rules " +
             std::to_string(chain->rules) + " [" + chain->last_verdict + "]\n";
    else if (const auto* flush = std::get_if<nftables::Flush>(&entry))
      out += "flush [" + flush->family + " " + flush->table + "]" +
             (flush->chains_stay ? " rules\n" : "\n");
    else if (const auto* include = std::get_if<nftables::Include>(&entry))
      out += "include " + include->path + "\n";
  }
  return out + test::errors(file.errors);
}

std::string iptables(std::string_view text) {
  const iptables_save::File file = iptables_save::parse(text);
  std::string out;
  for (const iptables_save::Chain& c : file.chains)
    out += c.table + " " + c.name + " [" + c.policy + "] at " + test::place(c.policy_span) +
           " rules " + std::to_string(c.rules) + " [" + c.last_verdict + "]\n";
  return out + test::errors(file.errors);
}

TEST(NftablesParser, ReadsBaseChainsInBlocks) {
  EXPECT_EQ(
      nft("#!/usr/sbin/nft -f\nflush ruleset\ntable inet filter {\n"
          "  set s { type ipv4_addr; elements = { 10.0.0.1,\n 10.0.0.2 }\n }\n"
          "  chain input { type filter hook input priority 0; policy drop;\n"
          "    iif lo accept\n    tcp dport { 22, 80 } accept\n  }\n"
          "  chain forward {\n    type filter hook forward priority filter\n    policy accept\n"
          "    counter packets 0 bytes 0 drop\n  }\n  chain mine { accept }\n}\n"
          "include \"/etc/nftables.d/*.nft\"\n"),
      "flush [ ]\n"
      "inet filter input at 7:9-7:14 filter/input policy [drop] at 7:59-7:63 rules 2 []\n"
      "inet filter forward at 11:9-11:16 filter/forward policy [accept] at 13:12-13:18 rules 1 "
      "[drop]\n"
      "inet filter mine at 16:9-16:13 / policy [] at 16:9-16:13 rules 1 [accept]\n"
      "include /etc/nftables.d/*.nft\n");
}

TEST(NftablesParser, ReadsCommandsAndVariables) {
  EXPECT_EQ(nft("define p = drop\nadd table ip filter\n"
                "add chain ip filter FORWARD { type filter hook forward priority 0; policy $p; }\n"
                "add chain filter X { type filter hook input priority 0 ; }\n"
                "add rule ip filter FORWARD log prefix \"x\" reject\nflush table ip filter\n"
                "delete table inet old\n"),
            "ip filter FORWARD at 3:21-3:28 filter/forward policy [drop] at 3:75-3:77 rules 0 []\n"
            "ip filter X at 4:18-4:19 filter/input policy [] at 4:22-4:55 rules 0 []\n"
            "ip filter FORWARD at 5:20-5:27 / policy [] at 5:20-5:27 rules 1 [reject]\n"
            "flush [ip filter] rules\nflush [inet old]\n");
}

TEST(NftablesParser, RefusesWhatIsNotBalanced) {
  EXPECT_EQ(nft("table ip a {\n chain f { type filter hook forward priority 0; policy drop\n}\n"),
            "ip a f at 2:8-2:9 filter/forward policy [drop] at 2:56-2:60 rules 0 []\n"
            "error unbalanced-brace 1:12-1:13 this '{' is never closed (refused)\n");
  EXPECT_EQ(nft("}\ninclude \"x\n"),
            "error unbalanced-brace 1:1-1:2 a '}' without its '{' (refused)\n"
            "error unterminated-string 2:9-2:11 a '\"' without its partner (refused)\n");
}

TEST(IptablesSaveParser, ReadsPoliciesAndTheLastRule) {
  EXPECT_EQ(
      iptables("# Generated\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n*filter\n"
               ":INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:mine - [0:0]\n"
               "-A INPUT -i lo -j ACCEPT\n-A FORWARD -m comment --comment \"no more\" -j DROP\n"
               "COMMIT\n"),
      "nat PREROUTING [ACCEPT] at 3:13-3:19 rules 0 []\n"
      "filter INPUT [DROP] at 6:8-6:12 rules 1 []\n"
      "filter FORWARD [ACCEPT] at 7:10-7:16 rules 1 [DROP]\n"
      "filter mine [-] at 8:7-8:8 rules 0 []\n");
}

TEST(IptablesSaveParser, NamesWhatRestoreWouldRefuse) {
  EXPECT_EQ(
      iptables(":INPUT DROP\n*filter\n:INPUT\nnonsense\n-P FORWARD DROP\n"),
      "filter FORWARD [DROP] at 5:12-5:16 rules 0 []\n"
      "error outside-table 1:1-1:12 expected '*' and the name of a table before this (refused)\n"
      "error bad-chain 3:1-3:7 expected a policy behind the name of the chain (refused)\n"
      "error unknown-line 4:1-4:9 expected a table, a chain, a rule or COMMIT (refused)\n"
      "error missing-commit 2:1-2:8 this table has no COMMIT (refused)\n");
}

}  // namespace
}  // namespace drydock::parsers
