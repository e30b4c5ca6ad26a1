// The same scripts to drydock and to nft and iptables-restore, each in a network namespace of its own that an
// ordinary user may make (unshare(1) -rn): nft loads the script there for real and lists what came of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "parsers/iptables_save.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kScripts = 200;

std::string program(const char* variable, const char* name) {
  const char* const set = std::getenv(variable);
  return set ? set : name;
}

using test::Random;

// A script of commands that refer to what is there. Every rule has a port of its own, by which it is known.
class NftScript {
 public:
  explicit NftScript(unsigned seed) : random_(seed) {}

  std::string text() {
    // The namespace is one for all scripts.
    out_ += random_.one_in(2) ? "#!/usr/sbin/nft -f\n\nflush ruleset\n" : "flush ruleset;";
    if (random_.one_in(2))
      out_ += "define pol = \"drop\"\ndefine ports = { 7, 8 }\n", defined_ = true;
    const int statements = 2 + random_.below(8);
    for (int i = 0; i < statements; ++i) statement();
    if (random_.one_in(5))
      out_ += random_.pick(
          {"}\n", "table ip q {\n", "add rule ip \"q\n",
           "table ip q { chain c { type filter hook input priority 0; policy $nope; }\n}\n"});
    return out_;
  }

 private:
  struct Table {
    std::map<std::string, bool> chains;
  };

  std::string end() { return random_.one_in(2) ? ";\n" : "\n"; }
  std::string rule() {
    const std::string port = std::to_string(++port_);
    return random_.pick({"", "ct state new ", "iifname \"eth0\" ", "ip daddr 10.0.0.1 ",
                         "meta l4proto tcp ", "ct state { established, related } "}) +
           "tcp dport " + port +
           random_.pick({" accept", " counter drop", " log prefix \"a}b{ \" reject",
                         " counter packets 3 bytes 4 accept comment \"x ; y\""});
  }
  std::string base() {
    std::string text = "type filter hook " + random_.pick({"input", "forward", "output"}) +
                       " priority " + random_.pick({"0", "filter", "-5"}) + ";";
    if (!random_.one_in(3))
      text += std::string(random_.one_in(2) ? " " : "\n\t\t") + "policy " +
              (defined_ && random_.one_in(2) ? "$pol" : random_.pick({"drop", "accept"})) + ";";
    return text;
  }
  std::string existing() {
    if (tables_.empty()) return "";
    auto it = tables_.begin();
    std::advance(it, random_.below(static_cast<int>(tables_.size())));
    return it->first;
  }

  void statement() {
    const std::string family = random_.pick({"ip", "inet", "ip6"});
    const std::string name = family + " " + random_.pick({"f", "g"});
    switch (random_.below(8)) {
      case 0:
        out_ += "add table " + name + end();
        tables_[name];
        return;
      case 1:
      case 2:
      case 3:
        return block(name);
      case 4: {
        const std::string table = existing();
        if (table.empty()) return block(name);
        const std::string chain = "c" + std::to_string(random_.below(3));
        if (tables_[table].chains.contains(chain)) return;
        out_ += "add chain " + table + " " + chain + " { " + base() + " }" + end();
        tables_[table].chains[chain] = true;
        return;
      }
      case 5:
      case 6: {
        const std::string table = existing();
        if (table.empty() || tables_[table].chains.empty()) return block(name);
        out_ += random_.pick({"add", "insert"}) + " rule " + table + " " +
                tables_[table].chains.begin()->first + " " + plain_rule(table) + end();
        return;
      }
      default: {
        const std::string table = existing();
        if (table.empty()) return block(name);
        if (random_.one_in(2)) {
          out_ += "flush table " + table + end();
        } else if (!tables_[table].chains.empty() && random_.one_in(2)) {
          out_ += "flush chain " + table + " " + tables_[table].chains.begin()->first + end();
        } else {
          out_ += "delete table " + table + end();
          tables_.erase(table);
        }
      }
    }
  }

  // "ip daddr" is no match for a table of the family ip6.
  std::string plain_rule(const std::string& table) {
    std::string text = rule();
    while (table.starts_with("ip6") && text.starts_with("ip daddr")) text = rule();
    return text;
  }

  void block(const std::string& name) {
    out_ += "table " + name + " {\n";
    Table& table = tables_[name];
    const int chains = 1 + random_.below(2);
    for (int i = 0; i < chains; ++i) {
      const std::string chain = "c" + std::to_string(random_.below(3));
      const bool known = table.chains.contains(chain);
      out_ += "\tchain " + chain + " {\n";
      // What is a base chain and what is none stays so; a second block adds rules.
      if (!known && random_.one_in(2)) out_ += "\t\t" + base() + "\n";
      table.chains[chain] = true;
      const int rules = random_.below(4);
      for (int k = 0; k < rules; ++k) out_ += "\t\t" + plain_rule(name) + end();
      out_ += "\t}\n";
    }
    if (random_.one_in(4))
      out_ += "\tset s" + std::to_string(++port_) +
              " {\n\t\ttype inet_service\n\t\telements = { 1,\n 2 }\n\t}\n";
    out_ += "}\n";
  }

  Random random_;
  std::string out_;
  std::map<std::string, Table> tables_;
  int port_ = 1000;
  bool defined_ = false;
};

using Chains = std::map<std::string, std::string>;  // "inet f c0" -> "drop 1001 1003"

// What drydock makes of a script; nullopt: it is refused.
std::optional<Chains> ours(const std::string& text) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/nftables.conf", text);
  const test::FewFacts facts(tree, {"firewall", "unit"}, {"firewall_policy", "firewall_rule"});
  if (!facts
           .rows("SELECT 1 FROM parse_issue WHERE table_name = 'firewall_rule' AND effect = "
                 "'unknown'")
           .empty())
    return std::nullopt;
  Chains chains;
  for (const auto& row : facts.rows("SELECT DISTINCT chain, policy FROM firewall_policy"))
    chains[row[0].value_or("")] = row[1].value_or("");
  for (const auto& row :
       facts.rows("SELECT chain, ports FROM firewall_rule ORDER BY chain, position"))
    chains[row[0].value_or("")] += " " + row[1].value_or("");
  return chains;
}

// A rule's port among its expressions.
std::string port_of(const nlohmann::json& expressions) {
  for (const auto& one : expressions)
    if (one.contains("match") && one["match"]["left"].contains("payload") &&
        one["match"]["left"]["payload"].value("field", "") == "dport")
      return std::to_string(one["match"]["right"].get<int>());
  return "?";
}

Chains theirs(const std::string& listing) {
  Chains chains;
  const auto json = nlohmann::json::parse(listing);
  for (const auto& entry : json["nftables"]) {
    if (entry.contains("chain") && entry["chain"].contains("hook")) {
      const auto& c = entry["chain"];
      chains[c["family"].get<std::string>() + " " + c["table"].get<std::string>() + " " +
             c["name"].get<std::string>()] = c["policy"];
    }
  }
  for (const auto& entry : json["nftables"])
    if (entry.contains("rule")) {
      const auto& r = entry["rule"];
      chains[r["family"].get<std::string>() + " " + r["table"].get<std::string>() + " " +
             r["chain"].get<std::string>()] += " " + port_of(r["expr"]);
    }
  return chains;
}

std::vector<std::string> split(const std::string& text, const std::string& mark) {
  std::vector<std::string> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(mark, begin);
    if (end == std::string::npos) break;
    parts.push_back(text.substr(begin, end - begin));
    begin = end + mark.size();
  }
  return parts;
}

TEST(FirewallDifferential, NftMakesTheSameChainsOfTheSameScripts) {
  const std::string nft = program("DRYDOCK_NFT", "nft");
  const auto version = test::ask("unshare -rn " + nft + " -j list ruleset 2>/dev/null");
  if (!version || version->find("nftables") == std::string::npos)
    GTEST_SKIP() << "nft is not installed, or may not be run in a namespace of its own";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::string> scripts;
  const std::string batch = "for i in $(seq 0 " + std::to_string(kScripts - 1) + "); do\nif " +
                            nft + " -f " + scratch.path() + "/$i.nft 2>/dev/null; then " + nft +
                            " -j list ruleset; else echo refused; fi\necho '==end=='\ndone\n";
  for (int i = 0; i < kScripts; ++i) {
    scripts.push_back(NftScript(static_cast<unsigned>(i) + 7).text());
    scratch.write(std::to_string(i) + ".nft", scripts.back());
  }
  scratch.write("run.sh", batch);
  const auto answer = test::ask("unshare -rn sh " + scratch.path() + "/run.sh");
  ASSERT_TRUE(answer);
  const std::vector<std::string> answers = split(*answer, "==end==\n");
  ASSERT_EQ(answers.size(), scripts.size());
  int accepted = 0;
  for (size_t i = 0; i < scripts.size(); ++i) {
    const bool no = answers[i].starts_with("refused");
    accepted += no ? 0 : 1;
    const auto made = ours(scripts[i]);
    EXPECT_EQ(!made, no) << scripts[i];
    if (made && !no) {
      EXPECT_EQ(*made, theirs(answers[i])) << scripts[i];
    }
  }
  EXPECT_GT(accepted, kScripts / 2);
  EXPECT_LT(accepted, kScripts);
}

std::string iptables_script(unsigned seed) {
  Random random(seed);
  std::string out = random.one_in(2) ? "# made by hand\n" : "";
  const int broken = random.below(8);
  if (broken == 1) out += "-A INPUT -j ACCEPT\n";
  out += "*filter\n:INPUT " + random.pick({"ACCEPT", "DROP"}) +
         " [0:0]\n:FORWARD DROP [1:2]\n:mine - [0:0]\n";
  if (broken == 2) out += ":other\n";
  const int rules = random.below(6);
  for (int i = 0; i < rules; ++i)
    out += random.pick({"-A INPUT ", "-A mine ", "-I INPUT ", "[3:4] -A INPUT "}) +
           random.pick({"-p tcp --dport 22 ", "-s 10.0.0.0/8 ", "! -i lo ",
                        "-p udp -m multiport --dports 1,2 ", "-m conntrack --ctstate NEW ",
                        "-m comment --comment \"a b\" "}) +
           random.pick({"-j ACCEPT", "-j DROP", "-j REJECT", "-j RETURN"}) + "\n";
  if (broken == 3) out += "what is this\n";
  if (broken != 4) out += "COMMIT\n";
  if (random.one_in(3)) out += "*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n";
  return out;
}

TEST(FirewallDifferential, IptablesRestoreTakesTheSameFiles) {
  const std::string restore = program("DRYDOCK_IPTABLES_RESTORE", "iptables-restore");
  const auto probe = test::ask("printf '*filter\\n:INPUT DROP [0:0]\\nCOMMIT\\n' | unshare -rn " +
                               restore + " --test 2>/dev/null && echo fine");
  if (!probe || *probe != "fine\n")
    GTEST_SKIP()
        << "iptables-restore is not installed, or may not be run in a namespace of its own";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::string> scripts;
  for (int i = 0; i < kScripts; ++i) {
    scripts.push_back(iptables_script(static_cast<unsigned>(i) + 3));
    scratch.write(std::to_string(i) + ".v4", scripts.back());
  }
  scratch.write("run.sh", "for i in $(seq 0 " + std::to_string(kScripts - 1) + "); do " + restore +
                              " --test " + scratch.path() +
                              "/$i.v4 2>/dev/null && echo yes || echo no; done\n");
  const auto answer = test::ask("unshare -rn sh " + scratch.path() + "/run.sh");
  ASSERT_TRUE(answer);
  std::istringstream lines(*answer);
  int accepted = 0;
  for (const std::string& script : scripts) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    accepted += line == "yes" ? 1 : 0;
    EXPECT_EQ(parsers::iptables_save::parse(script).errors.empty(), line == "yes") << script;
  }
  EXPECT_GT(accepted, kScripts / 3);
  EXPECT_LT(accepted, kScripts);
}

}  // namespace
}  // namespace drydock
