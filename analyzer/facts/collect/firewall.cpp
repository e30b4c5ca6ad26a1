// Who sets the policy of the hooks at boot, by manager:
//
// nftables: nftables.service runs `nft -f` on its configuration, with the includes (nft(8), "INCLUDE
//   FILES": a relative path starts in /etc). A base chain's policy is accept unless it says drop; chains
//   of the family inet see IPv4 and IPv6. Every base chain of a hook must let a packet pass.
// iptables: netfilter-persistent.service loads /etc/iptables/rules.v4 and rules.v6 (Debian),
//   iptables.service and ip6tables.service load /etc/sysconfig/iptables and ip6tables (Red Hat).
// ufw: ufw-framework(8): DEFAULT_*_POLICY in /etc/default/ufw, if ENABLED=yes in /etc/ufw/ufw.conf.
// firewalld: firewalld.zones(5): what no zone lets through is rejected, unless the zone is "trusted".
#include "analyzer/facts/collect/firewall.h"

#include <algorithm>
#include <map>

#include "analyzer/facts/collect/firewall_rule.h"
#include "analyzer/source/tree.h"
#include "parsers/env_file.h"
#include "parsers/iptables_save.h"
#include "parsers/nftables.h"

namespace drydock::facts {

namespace {

namespace nftables = parsers::nftables;
namespace iptables = parsers::iptables_save;

struct Start {
  std::optional<bool> enabled;
  std::string why_not;
};

// Is one of the units started at boot?
Start start_of(Context& context, const std::vector<std::string>& units) {
  if (context.is_fragment()) return {};
  std::string list;
  for (const std::string& unit : units) list += (list.empty() ? "'" : ", '") + unit + "'";
  const auto rows = context.store().select("SELECT state FROM unit_state WHERE unit IN (" + list +
                                           ") ORDER BY unit");
  Start start{false, units.front() + " is not installed"};
  if (!rows) return {};
  for (const auto& row : rows->rows) {
    const std::string state = row[0].value_or("");
    if (state == "enabled" || state == "enabled-runtime") return {true, ""};
    start.why_not = units.front() + " is " + state;
  }
  return start;
}

class Firewall {
 public:
  explicit Firewall(Context& context) : context_(context) {}

  void read_nftables(const std::string& path, const Start& start) {
    chains_.clear();
    rules_.clear();
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
          add("nftables", family, chain.hook, policy, name, start, c.path, c.policy_path,
              chain.span, chain.policy_span);
    }
  }

  void read_iptables(const std::string& path, std::string_view family, const Start& start) {
    const auto text = context_.read(path);
    if (!text) return;
    const iptables::File file = iptables::parse(text->text);
    context_.issues(text->path, file.errors);
    const auto input = std::ranges::find_if(file.chains, [](const iptables::Chain& chain) {
      return chain.table == "filter" && chain.name == "INPUT";
    });
    if (input != file.chains.end())
      write_iptables("iptables", family, file, text->path, "INPUT",
                     lower(input->policy.empty() ? "ACCEPT" : input->policy), text->path,
                     input->policy_span, start);
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
      add("iptables", family, hook, policy, "filter " + chain.name, start, text->path, text->path,
          chain.span, chain.policy_span);
    }
  }

  void read_ufw(const std::string& defaults, const std::string& switch_path, Start start) {
    const auto text = context_.read(defaults);
    if (!text) return;
    if (const auto conf = context_.read(switch_path)) {
      bool on = false;
      for (const auto& a : parsers::env_file::parse(conf->text).assignments)
        if (a.name == "ENABLED") on = lower(a.value) == "yes";
      if (!on) start = {false, "ENABLED is not yes in /etc/ufw/ufw.conf"};
    } else if (!context_.is_fragment()) {
      start = {false, "there is no /etc/ufw/ufw.conf"};
    }
    const parsers::env_file::File file = parsers::env_file::parse(text->text);
    context_.issues(text->path, file.errors);
    bool ipv6 = true;
    for (const auto& a : file.assignments)
      if (a.name == "IPV6") ipv6 = lower(a.value) == "yes";
    static constexpr std::pair<std::string_view, std::string_view> kPolicies[] = {
        {"DEFAULT_INPUT_POLICY", "input"},
        {"DEFAULT_FORWARD_POLICY", "forward"},
        {"DEFAULT_OUTPUT_POLICY", "output"}};
    for (const auto& [key, hook] : kPolicies)
      for (auto a = file.assignments.rbegin(); a != file.assignments.rend(); ++a) {
        if (a->name != key) continue;
        for (const std::string_view family : {"ip", "ip6"})
          if (family == "ip" || ipv6) {
            add("ufw", family, hook, lower(a->value), std::string(key), start, text->path,
                text->path, a->span, a->value_span);
            if (hook == "input" && !context_.is_fragment())
              read_ufw_rules(family, lower(a->value), text->path, a->value_span, start);
          }
        break;
      }
  }

  // ufw(8): what an administrator allows is kept in user.rules and user6.rules, in the chains of
  // ufw-user-input.
  void read_ufw_rules(std::string_view family, const std::string& policy,
                      const std::string& policy_path, Span policy_span, const Start& start) {
    const auto text = context_.read(family == "ip" ? "etc/ufw/user.rules" : "etc/ufw/user6.rules");
    const iptables::File file = text ? iptables::parse(text->text) : iptables::File{};
    if (text) context_.issues(text->path, file.errors);
    write_iptables("ufw", family, file, text ? text->path : policy_path,
                   family == "ip" ? "ufw-user-input" : "ufw6-user-input", policy, policy_path,
                   policy_span, start);
  }

  void read_firewalld(const std::string& path, const Start& start) {
    const auto text = context_.read(path);
    if (!text) return;
    Span span{1, 1, 1, 1};
    std::string zone = "public";
    for (const auto& a : parsers::env_file::parse(text->text).assignments)
      if (a.name == "DefaultZone") {
        zone = a.value;
        span = a.span;
      }
    for (const std::string_view family : {"ip", "ip6"})
      for (const std::string_view hook : {"input", "forward"})
        add("firewalld", family, hook, zone == "trusted" ? "accept" : "reject", "zone " + zone,
            start, text->path, text->path, span, span);
  }

 private:
  struct PlacedChain {
    nftables::Chain chain;
    std::string path;
    std::string policy_path;
  };

  static std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return out;
  }

  void read_script(const std::string& path, int depth) {
    if (depth > limits::kIncludeDepth || scripts_++ > 200) return;
    const auto text = context_.read(path);
    if (!text) return;
    const nftables::File file = nftables::parse(text->text);
    context_.issues(text->path, file.errors);
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
    const auto [known, is_new] = chains_.try_emplace(key, PlacedChain{chain, path, path});
    if (is_new) return;
    nftables::Chain& all = known->second.chain;
    if (!chain.hook.empty()) {
      all.type = chain.type;
      all.hook = chain.hook;
    }
    if (!chain.policy.empty()) {
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
      if (hit) rules_[table_key(chain.family, chain.table)].erase(chain.name);
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
    auto& chain = rules_[table_key(rule.family, rule.table)][rule.chain];
    chain.insert(rule.at_front ? chain.begin() : chain.end(), {rule, path});
  }

  // The chains of a table as one family sees them.
  PacketChains packet_chains(const std::string& table, std::string_view family) {
    PacketChains chains;
    for (const auto& [name, placed] : rules_[table])
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
    for (const auto& [table, chains] : rules_)
      for (const auto& [name, placed] : chains) {
        int64_t position = 0;
        for (const PlacedRule& one : placed) {
          PacketRule rule = from_nftables(one.rule.words, sets_[table]);
          rule.path = one.path;
          rule.span = one.rule.span;
          const std::string_view family =
              !rule.family.empty() ? std::string_view(rule.family) : one.rule.family;
          add_rule("nftables", family, table + " " + name, ++position, rule, start);
        }
      }
    for (const std::string_view family : {"ip", "ip6"}) {
      std::vector<std::vector<Opening>> lists;
      for (const auto& [key, c] : chains_) {
        const nftables::Chain& chain = c.chain;
        if (chain.hook != "input" || chain.type != "filter" ||
            (chain.family != family && chain.family != "inet"))
          continue;
        lists.push_back(openings(packet_chains(table_key(chain.family, chain.table), family),
                                 chain.name, chain.policy.empty() ? "accept" : chain.policy));
        place_policy(lists.back(), c.policy_path, chain.policy_span);
      }
      add_openings("nftables", family, lists, start);
    }
  }

  static void place_policy(std::vector<Opening>& list, const std::string& path, Span span) {
    for (Opening& one : list)
      if (one.by_policy) {
        one.path = path;
        one.span = span;
      }
  }

  // A packet must pass every base chain of its hook: what one lets in counts if each other one lets it in.
  void add_openings(std::string_view manager, std::string_view family,
                    const std::vector<std::vector<Opening>>& lists, const Start& start) {
    const auto covers = [](const Opening& wide, const Opening& narrow) {
      return (wide.protocol.empty() || wide.protocol == narrow.protocol) &&
             (wide.ports.empty() || wide.ports == narrow.ports) &&
             (wide.source.empty() || wide.source == narrow.source) &&
             (wide.interface.empty() || wide.interface == narrow.interface);
    };
    for (size_t i = 0; i < lists.size(); ++i)
      for (const Opening& one : lists[i]) {
        bool passes = true;
        for (size_t k = 0; k < lists.size() && passes; ++k)
          if (k != i)
            passes = std::ranges::any_of(lists[k], [&](const Opening& other) {
              // Of two that say the same the first one is named.
              return covers(other, one) && !(k < i && covers(one, other));
            });
        if (passes) add_opening(manager, family, one, start);
      }
  }

  static Value text_or_null(const std::string& text) {
    return text.empty() ? Value(Null{}) : Value(std::string_view(text));
  }

  void add_rule(std::string_view manager, std::string_view family, const std::string& chain,
                int64_t position, const PacketRule& rule, const Start& start) {
    context_.store().insert(
        kFirewallRuleTable,
        {manager, family, std::string_view(chain), position, text_or_null(rule.protocol),
         text_or_null(rule.ports), text_or_null(rule.source), text_or_null(rule.interface),
         text_or_null(rule.states), text_or_null(rule.other), text_or_null(rule.verdict),
         text_or_null(rule.target), start.enabled ? Value(*start.enabled) : Value(Null{}),
         context_.store().locate(rule.path, rule.span)});
  }

  void add_opening(std::string_view manager, std::string_view family, const Opening& one,
                   const Start& start) {
    context_.store().insert(
        kReachablePortTable,
        {manager, family, text_or_null(one.protocol), text_or_null(one.ports),
         text_or_null(one.source), text_or_null(one.interface), text_or_null(one.conditions),
         one.by_policy, start.enabled ? Value(*start.enabled) : Value(Null{}),
         context_.store().locate(one.path, one.span)});
  }

  // The rules of a file of iptables-save, and what `chain` of its table filter lets in.
  void write_iptables(std::string_view manager, std::string_view family, const iptables::File& file,
                      const std::string& path, const std::string& chain, std::string_view policy,
                      const std::string& policy_path, Span policy_span, const Start& start) {
    PacketChains chains;
    for (const iptables::Rule& one : file.rules) {
      if (one.table != "filter") continue;
      PacketRule rule = from_iptables(one.words);
      rule.path = path;
      rule.span = one.span;
      auto& list = chains[one.chain];
      list.insert(one.at_front ? list.begin() : list.end(), std::move(rule));
    }
    for (const auto& [name, list] : chains) {
      int64_t position = 0;
      for (const PacketRule& rule : list)
        add_rule(manager, family, "filter " + name, ++position, rule, start);
    }
    std::vector<Opening> list = openings(chains, chain, policy);
    place_policy(list, policy_path, policy_span);
    add_openings(manager, family, {list}, start);
  }

  void add(std::string_view manager, std::string_view family, std::string_view hook,
           std::string_view policy, const std::string& chain, const Start& start,
           const std::string& path, const std::string& policy_path, Span span, Span policy_span) {
    const LocationId policy_loc = context_.store().locate(policy_path, policy_span);
    context_.store().insert(
        kFirewallPolicyTable,
        {manager, family, hook, policy, std::string_view(chain),
         start.enabled ? Value(*start.enabled) : Value(Null{}),
         start.why_not.empty() ? Value(Null{}) : Value(std::string_view(start.why_not)),
         context_.store().locate(path, span), policy_loc});
  }

  Context& context_;
  std::map<std::string, PlacedChain> chains_;
  // By table ("inet filter"), then by chain or set.
  std::map<std::string, std::map<std::string, std::vector<PlacedRule>>> rules_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> sets_;
  size_t scripts_ = 0;
};

void collect_firewall(Context& context) {
  Firewall firewall(context);
  if (context.is_fragment()) {
    for (const std::string& path : context.loose()) {
      const std::string_view name = file_name(path);
      if (name == "rules.v4" || name == "iptables")
        firewall.read_iptables(path, "ip", {});
      else if (name == "rules.v6" || name == "ip6tables")
        firewall.read_iptables(path, "ip6", {});
      else if (name == "ufw")
        firewall.read_ufw(path, "", {});
      else
        firewall.read_nftables(path, {});
    }
    return;
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
  firewall.read_ufw("etc/default/ufw", "etc/ufw/ufw.conf", start_of(context, {"ufw.service"}));
  firewall.read_firewalld("etc/firewalld/firewalld.conf", start_of(context, {"firewalld.service"}));
}

}  // namespace

const Collector kFirewallCollector{
    .name = "firewall",
    .tables = {&kFirewallPolicyTable, &kFirewallRuleTable, &kReachablePortTable},
    .needs = {"unit_state"},
    .paths = {"etc/nftables.conf", "etc/nftables/**", "etc/nftables.d/**",
              "etc/sysconfig/nftables.conf", "etc/iptables/rules.v4", "etc/iptables/rules.v6",
              "etc/sysconfig/iptables", "etc/sysconfig/ip6tables", "etc/default/ufw",
              "etc/ufw/ufw.conf", "etc/ufw/user.rules", "etc/ufw/user6.rules",
              "etc/firewalld/firewalld.conf"},
    .loose = {"nftables.conf", "*.nft", "rules.v4", "rules.v6", "sysconfig/iptables",
              "sysconfig/ip6tables", "default/ufw"},
    .collect = collect_firewall};

}  // namespace drydock::facts
