// Who sets the policy of the hooks at boot, by manager:
//
// nftables: nftables.service runs `nft -f` on its configuration, with the includes (nft(8), "INCLUDE
//   FILES": a relative path starts in /etc). A base chain's policy is accept unless it says drop; chains
//   of the family inet see IPv4 and IPv6. Every base chain of a hook must let a packet pass.
// iptables: netfilter-persistent.service loads /etc/iptables/rules.v4 and rules.v6 (Debian),
//   iptables.service and ip6tables.service load /etc/sysconfig/iptables and ip6tables (Red Hat).
// ufw: firewall_ufw.cpp. firewalld: firewalld.cpp.
#include "analyzer/facts/collect/firewall.h"

#include <algorithm>
#include <map>

#include "analyzer/facts/collect/firewall_rows.h"
#include "analyzer/facts/collect/firewall_ufw.h"
#include "analyzer/facts/collect/firewalld.h"
#include "analyzer/facts/collect/include_limit.h"
#include "analyzer/source/tree.h"
#include "parsers/iptables_save.h"
#include "parsers/nftables.h"

namespace drydock::facts {

namespace {

namespace nftables = parsers::nftables;
namespace iptables = parsers::iptables_save;

class Firewall {
 public:
  explicit Firewall(FirewallRows& rows) : rows_(rows), context_(rows.context()) {}

  void read_nftables(const std::string& path, const Start& start) {
    chains_.clear();
    flushed_.clear();
    rules_by_table_.clear();
    sets_.clear();
    read_script(path, 0);
    write_nftables(start);
    for (const auto& [key, c] : chains_) {
      const nftables::Chain& chain = c.chain;
      if (chain.hook != "input" && chain.hook != "forward" && chain.hook != "output") continue;
      if (chain.type != "filter") continue;
      std::string policy = chain.policy.empty() ? "accept" : chain.policy;
      // A last rule without a condition does what the policy would.
      if (policy == "accept" && !chain.last_verdict.empty()) policy = chain.last_verdict;
      const std::string name = chain.family + " " + chain.table + " " + chain.name;
      for (const std::string_view family : {"ip", "ip6"})
        if (chain.family == family || chain.family == "inet")
          rows_.policy("nftables", family, chain.hook, policy, name, start, c.path, c.policy_path,
                       chain.span, chain.policy_span);
      for (const PlacedChain::Lost& lost : c.lost)
        context_.store().overridden(
            kFirewallPolicyTable, name, context_.store().locate(c.policy_path, chain.policy_span),
            context_.store().locate(lost.path, lost.span), lost.policy, lost.why);
    }
  }

  void read_iptables(const std::string& path, std::string_view family, const Start& start) {
    const auto text = context_.read(path);
    if (!text) return;
    const iptables::File file = iptables::parse(text->text);
    rows_.issues(text->path, file.errors);
    const auto input = std::ranges::find_if(file.chains, [](const iptables::Chain& chain) {
      return chain.table == "filter" && chain.name == "INPUT";
    });
    PacketChains chains;
    FirewallRows::add_chains(file, text->path, chains);
    if (input != file.chains.end())
      rows_.chains("iptables", family, chains, "INPUT",
                   lower(input->policy.empty() ? "ACCEPT" : input->policy), text->path,
                   input->policy_span, start);
    if (chains.contains("DOCKER-USER"))
      rows_.outcome().docker_user.push_back(
          {"iptables", std::string(family), chains, "DOCKER-USER", "accept", start.enabled});
    for (const iptables::Chain& chain : file.chains) {
      if (chain.table != "filter") continue;
      const std::string_view hook = chain.name == "FORWARD"  ? "forward"
                                    : chain.name == "INPUT"  ? "input"
                                    : chain.name == "OUTPUT" ? "output"
                                                             : "";
      if (hook.empty()) continue;
      std::string policy = lower(chain.policy.empty() ? "ACCEPT" : chain.policy);
      const std::string last = lower(chain.last_verdict);
      if (policy == "accept" && (last == "drop" || last == "reject")) policy = last;
      rows_.policy("iptables", family, hook, policy, "filter " + chain.name, start, text->path,
                   text->path, chain.span, chain.policy_span);
      for (const auto& [before, span] : chain.earlier)
        context_.store().overridden(kFirewallPolicyTable, "filter " + chain.name,
                                    context_.store().locate(text->path, chain.policy_span),
                                    context_.store().locate(text->path, span), lower(before),
                                    "set again later");
    }
  }

 private:
  struct PlacedChain {
    nftables::Chain chain;
    std::string path;
    std::string policy_path;
    struct Lost {
      std::string policy, path;
      Span span;
      std::string_view why;
    };
    std::vector<Lost> lost;  // policies that count no longer
  };

  void read_script(const std::string& path, int depth) {
    const auto text = context_.read(path);
    if (!text || !limit_.admits(text->path, depth)) return;
    const nftables::File file = nftables::parse(text->text);
    rows_.issues(text->path, file.errors);
    for (const nftables::Entry& entry : file.entries) {
      if (const auto* chain = std::get_if<nftables::Chain>(&entry)) {
        merge(*chain, text->path);
      } else if (const auto* flush = std::get_if<nftables::Flush>(&entry)) {
        take_away(*flush);
      } else if (const auto* rule = std::get_if<nftables::Rule>(&entry)) {
        keep(*rule, text->path);
      } else if (const auto* set = std::get_if<nftables::Set>(&entry)) {
        sets_[table_key(set->family, set->table)][set->name] = set->elements;
      } else if (!context_.is_fragment()) {
        const std::string wanted = std::get<nftables::Include>(entry).path;
        const std::string full = normal_path(wanted.starts_with('/') ? wanted : "etc/" + wanted);
        if (full.find_first_of("*?[") == std::string::npos) {
          read_script(full, depth + 1);
        } else {
          for (const std::string& found : context_.tree().glob(parent_path(full), file_name(full)))
            read_script(found, depth + 1);
        }
      }
    }
  }

  // A chain may be given in pieces: "add chain" and later "add rule", or two blocks of one name.
  void merge(const nftables::Chain& chain, const std::string& path) {
    const std::string key = chain.family + '\0' + chain.table + '\0' + chain.name;
    const auto [known, is_new] = chains_.try_emplace(key, PlacedChain{chain, path, path, {}});
    if (is_new) {
      if (const auto before = flushed_.find(key); before != flushed_.end())
        known->second.lost.push_back(before->second);
      return;
    }
    nftables::Chain& all = known->second.chain;
    if (!chain.hook.empty()) {
      all.type = chain.type;
      all.hook = chain.hook;
    }
    if (!chain.policy.empty()) {
      if (!all.policy.empty())
        known->second.lost.push_back(
            {all.policy, known->second.policy_path, all.policy_span, "set again later"});
      all.policy = chain.policy;
      all.policy_span = chain.policy_span;
      known->second.policy_path = path;
    }
    all.rules += chain.rules;
    if (chain.rules > 0) all.last_verdict = chain.last_verdict;
  }

  void take_away(const nftables::Flush& flush) {
    for (auto it = chains_.begin(); it != chains_.end();) {
      nftables::Chain& chain = it->second.chain;
      const bool hit = (flush.family.empty() || flush.family == chain.family) &&
                       (flush.table.empty() || flush.table == chain.table) &&
                       (flush.chain.empty() || flush.chain == chain.name);
      if (hit && flush.chains_stay) {
        chain.rules = 0;
        chain.last_verdict.clear();
      }
      if (hit && !flush.chains_stay && !chain.policy.empty())
        flushed_[it->first] = {chain.policy, it->second.policy_path, chain.policy_span,
                               "a later command throws the chain away"};
      if (hit) rules_by_table_[table_key(chain.family, chain.table)].erase(chain.name);
      it = hit && !flush.chains_stay ? chains_.erase(it) : std::next(it);
    }
  }

  static std::string table_key(const std::string& family, const std::string& table) {
    return family + " " + table;
  }

  // Sets are known only when all has been read, so the words are kept until then.
  struct PlacedRule {
    nftables::Rule rule;
    std::string path;
  };

  void keep(const nftables::Rule& rule, const std::string& path) {
    auto& chain = rules_by_table_[table_key(rule.family, rule.table)][rule.chain];
    chain.insert(rule.at_front ? chain.begin() : chain.end(), {rule, path});
  }

  // The chains of a table as one family sees them.
  PacketChains packet_chains(const std::string& table, std::string_view family) {
    PacketChains chains;
    for (const auto& [name, placed] : rules_by_table_[table])
      for (const PlacedRule& one : placed) {
        PacketRule rule = from_nftables(one.rule.words, sets_[table]);
        if (!rule.family.empty() && rule.family != family) continue;
        rule.path = one.path;
        rule.span = one.rule.span;
        chains[name].push_back(std::move(rule));
      }
    return chains;
  }

  void write_nftables(const Start& start) {
    for (const auto& [table, chains] : rules_by_table_)
      for (const auto& [name, placed] : chains) {
        int64_t position = 0;
        for (const PlacedRule& one : placed) {
          PacketRule rule = from_nftables(one.rule.words, sets_[table]);
          rule.path = one.path;
          rule.span = one.rule.span;
          const std::string_view family =
              !rule.family.empty() ? std::string_view(rule.family) : one.rule.family;
          rows_.rule("nftables", family, table + " " + name, ++position, rule, start);
        }
      }
    for (const std::string_view family : {"ip", "ip6"}) {
      std::vector<std::vector<Opening>> lists;
      for (const auto& [key, c] : chains_) {
        const nftables::Chain& chain = c.chain;
        if (chain.type != "filter" || (chain.family != family && chain.family != "inet")) continue;
        const std::string policy = chain.policy.empty() ? "accept" : chain.policy;
        PacketChains all = packet_chains(table_key(chain.family, chain.table), family);
        if (chain.hook == "input") {
          lists.push_back(openings(all, chain.name, policy));
          place_policy(lists.back(), c.policy_path, chain.policy_span);
        } else if (chain.hook == "forward") {
          rows_.outcome().nft_forward.push_back(
              {"nftables", std::string(family), std::move(all), chain.name, policy, start.enabled});
        }
      }
      rows_.reach("nftables", family, lists, start);
    }
  }

  FirewallRows& rows_;
  Context& context_;
  std::map<std::string, PlacedChain> chains_;
  std::map<std::string, PlacedChain::Lost> flushed_;  // by the key of a chain that was thrown away
  // By table ("inet filter"), then by chain or set.
  std::map<std::string, std::map<std::string, std::vector<PlacedRule>>> rules_by_table_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> sets_;
  IncludeLimit limit_{context_, 200};
};

FirewallOutcome read_firewalls(Context& context) {
  FirewallOutcome outcome;
  FirewallRows rows(context, outcome);
  Firewall firewall(rows);
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      const std::string_view name = file_name(path);
      if (name == "rules.v4" || name == "iptables")
        firewall.read_iptables(path, "ip", {});
      else if (name == "rules.v6" || name == "ip6tables")
        firewall.read_iptables(path, "ip6", {});
      else if (name == "ufw" || name.ends_with(".rules"))
        read_loose_ufw(rows, path);
      else if (name.ends_with(".xml"))
        read_loose_firewalld(rows, path);
      else
        firewall.read_nftables(path, {});
    }
    return outcome;
  }
  const Start nft = start_of(context, {"nftables.service"});
  for (const std::string path : {"etc/nftables.conf", "etc/sysconfig/nftables.conf"})
    firewall.read_nftables(path, nft);
  const Start persistent = start_of(context, {"netfilter-persistent.service"});
  firewall.read_iptables("etc/iptables/rules.v4", "ip", persistent);
  firewall.read_iptables("etc/iptables/rules.v6", "ip6", persistent);
  firewall.read_iptables("etc/sysconfig/iptables", "ip", start_of(context, {"iptables.service"}));
  firewall.read_iptables("etc/sysconfig/ip6tables", "ip6",
                         start_of(context, {"ip6tables.service"}));
  read_ufw(rows);
  read_firewalld(rows);
  return outcome;
}

void collect_firewall(Context& context) {
  firewall_outcome(context);
}

}  // namespace

const FirewallOutcome& firewall_outcome(Context& context) {
  return context.shared<FirewallOutcome>([&] { return read_firewalls(context); });
}

const Collector kFirewallCollector{
    .name = "firewall",
    .tables = {&kFirewallPolicyTable, &kFirewallRuleTable, &kFirewallZoneTable},
    .needs = {"unit_state"},
    .paths = {"etc/nftables.conf",
              "etc/nftables/**",
              "etc/nftables.d/**",
              "etc/sysconfig/nftables.conf",
              "etc/iptables/rules.v4",
              "etc/iptables/rules.v6",
              "etc/sysconfig/iptables",
              "etc/sysconfig/ip6tables",
              "etc/default/ufw",
              "etc/ufw/ufw.conf",
              "etc/ufw/*.rules",
              "etc/firewalld/**",
              "usr/lib/firewalld/zones/*.xml",
              "usr/lib/firewalld/policies/*.xml",
              "usr/lib/firewalld/services/*.xml",
              "usr/lib/firewalld/ipsets/*.xml",
              "etc/sysconfig/network-scripts/ifcfg-*",
              "etc/NetworkManager/system-connections/*",
              "run/NetworkManager/system-connections/*",
              "usr/lib/NetworkManager/system-connections/*"},
    .loose = {"nftables.conf", "*.nft", "rules.v4", "rules.v6", "sysconfig/iptables",
              "sysconfig/ip6tables", "default/ufw", "ufw/user.rules", "ufw/user6.rules",
              "firewalld/zones/*.xml"},
    .collect = collect_firewall};

}  // namespace drydock::facts
