#include "analyzer/facts/collect/firewall_rows.h"

#include <algorithm>

#include "analyzer/facts/collect/firewall.h"
#include "analyzer/facts/collect/reachable_port.h"

namespace drydock::facts {

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

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(Null{}) : Value(std::string_view(text));
}

void place_policy(std::vector<Opening>& list, const std::string& path, Span span) {
  for (Opening& one : list)
    if (one.by_policy) {
      one.path = path;
      one.span = span;
    }
}

void FirewallRows::issues(std::string_view path, const parsers::SyntaxErrors& errors) {
  context_.issues(path, errors, {&kFirewallPolicyTable, &kFirewallRuleTable, &kReachablePortTable});
}

void FirewallRows::policy(std::string_view manager, std::string_view family, std::string_view hook,
                          std::string_view policy, const std::string& chain, const Start& start,
                          const std::string& path, const std::string& policy_path, Span span,
                          Span policy_span) {
  const LocationId policy_loc = context_.store().locate(policy_path, policy_span);
  context_.store().insert(
      kFirewallPolicyTable,
      {manager, family, hook, policy, std::string_view(chain),
       start.enabled ? Value(*start.enabled) : Value(Null{}),
       start.why_not.empty() ? Value(Null{}) : Value(std::string_view(start.why_not)),
       context_.store().locate(path, span), policy_loc});
  if (hook == "input")
    outcome_.policies.push_back(
        {std::string(manager), std::string(family), std::string(policy), start.enabled});
}

void FirewallRows::rule(std::string_view manager, std::string_view family, const std::string& chain,
                        int64_t position, const PacketRule& rule, const Start& start) {
  context_.store().insert(
      kFirewallRuleTable,
      {manager, family, std::string_view(chain), position, text_or_null(rule.protocol),
       text_or_null(rule.ports), text_or_null(rule.source), text_or_null(rule.interface),
       text_or_null(rule.states), text_or_null(rule.other), text_or_null(rule.verdict),
       text_or_null(rule.target), start.enabled ? Value(*start.enabled) : Value(Null{}),
       context_.store().locate(rule.path, rule.span)});
}

void FirewallRows::reach(std::string_view manager, std::string_view family,
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
      if (passes)
        outcome_.input.push_back({std::string(manager), std::string(family), one, start.enabled});
    }
}

void FirewallRows::add_chains(const parsers::iptables_save::File& file, const std::string& path,
                              PacketChains& chains) {
  for (const parsers::iptables_save::Rule& one : file.rules) {
    if (one.table != "filter") continue;
    PacketRule rule = from_iptables(one.words);
    rule.path = path;
    rule.span = one.span;
    auto& list = chains[one.chain];
    list.insert(one.at_front ? list.begin() : list.end(), std::move(rule));
  }
}

void FirewallRows::chains(std::string_view manager, std::string_view family,
                          const PacketChains& chains, const std::string& chain,
                          std::string_view policy, const std::string& policy_path, Span policy_span,
                          const Start& start) {
  for (const auto& [name, list] : chains) {
    int64_t position = 0;
    for (const PacketRule& one : list)
      if (++position; !one.path.empty())
        rule(manager, family, "filter " + name, position, one, start);
  }
  std::vector<Opening> list = openings(chains, chain, policy);
  place_policy(list, policy_path, policy_span);
  reach(manager, family, {list}, start);
}

}  // namespace drydock::facts
