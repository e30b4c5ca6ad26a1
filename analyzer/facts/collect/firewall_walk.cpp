// Which new connections the rules let in: a walk through the chains. Those of one family of addresses, as they are.
#include <algorithm>
#include <charconv>
#include <optional>

#include "analyzer/facts/collect/firewall_rule.h"

namespace drydock::facts {

namespace {

constexpr size_t kOpenings = 5000;
constexpr size_t kClosed = 1000;
constexpr int kJumps = 16;          // nested; nftables itself allows 16
constexpr size_t kSteps = 200'000;  // rules looked at in one walk

bool contains(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (list.substr(0, comma) == word) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

struct Ports {
  int first = 0, last = 0;
  bool operator==(const Ports&) const = default;
};

using PortList = std::vector<Ports>;

// "22", "80,443", "5000-6000"; nullopt of what has names in it, or nothing.
std::optional<PortList> ports_of(std::string_view text) {
  PortList list;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const char* const end = text.data() + comma;
    Ports ports;
    auto [rest, error] = std::from_chars(text.data(), end, ports.first);
    if (error != std::errc()) return std::nullopt;
    ports.last = ports.first;
    if (rest != end) {
      if (*rest != '-') return std::nullopt;
      const auto second = std::from_chars(rest + 1, end, ports.last);
      if (second.ec != std::errc() || second.ptr != end) return std::nullopt;
    }
    list.push_back(ports);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  if (list.empty()) return std::nullopt;
  return list;
}

void remove_ports(PortList& from, const PortList& what) {
  for (const Ports& gone : what) {
    PortList left;
    for (const Ports& one : from) {
      if (gone.last < one.first || gone.first > one.last) {
        left.push_back(one);
        continue;
      }
      if (one.first < gone.first) left.push_back({one.first, gone.first - 1});
      if (one.last > gone.last) left.push_back({gone.last + 1, one.last});
    }
    from = std::move(left);
  }
}

// One whose name tells that no other protocol is meant.
bool is_plain_protocol(std::string_view name) {
  return name == "tcp" || name == "udp" || name == "sctp" || name == "dccp" || name == "udplite" ||
         name == "icmp" || name == "icmpv6" || name == "esp" || name == "ah";
}

// What meets both; nullopt: nothing does.
std::optional<PacketRule> joined(const PacketRule& outer, const PacketRule& inner) {
  PacketRule both = inner;
  if (both.protocol.empty())
    both.protocol = outer.protocol;
  else if (both.protocol != outer.protocol && is_plain_protocol(both.protocol) &&
           is_plain_protocol(outer.protocol))
    return std::nullopt;
  if (both.ports.empty()) {
    both.ports = outer.ports;
  } else if (both.ports != outer.ports) {
    const auto within = ports_of(outer.ports);
    const auto ports = ports_of(inner.ports);
    if (within && ports) {
      PortList beyond = *ports, kept = *ports;
      remove_ports(beyond, *within);
      remove_ports(kept, beyond);
      if (kept.empty()) return std::nullopt;
      if (!beyond.empty()) {
        both.ports.clear();
        for (const Ports& one : kept)
          both.ports += (both.ports.empty() ? "" : ",") + std::to_string(one.first) +
                        (one.last == one.first ? "" : "-" + std::to_string(one.last));
      }
    }
  }
  if (both.source.empty()) both.source = outer.source;
  if (both.interface.empty()) both.interface = outer.interface;
  if (both.other.empty())
    both.other = outer.other;
  else if (!outer.other.empty() && outer.other != both.other)
    both.other = outer.other + " " + both.other;
  return both;
}

// Goes through the chains as one new packet from elsewhere would.
class Walk {
 public:
  explicit Walk(const PacketChains& chains) : chains_(chains) {}

  // False: nothing gets past the end of the chain.
  bool chain(const std::string& name, const PacketRule& so_far, int depth) {
    const auto found = chains_.find(name);
    if (found == chains_.end() || depth > kJumps) return true;
    // Some packets have left the chain and did not meet the rules below; those keep out nobody beyond it.
    std::optional<size_t> closed_for_all;
    const bool goes_on = rules(found->second, so_far, depth, closed_for_all);
    if (closed_for_all && closed_.size() > *closed_for_all) closed_.resize(*closed_for_all);
    return goes_on || closed_for_all;
  }

  std::vector<Opening> take() { return std::move(openings_); }

  void open(const PacketRule& rule, bool by_policy = false) {
    openings_.push_back({rule.protocol, rule.ports, rule.source, rule.interface, rule.other,
                         rule.path, rule.span, by_policy});
  }

 private:
  struct Closed {
    PacketRule rule;
    std::optional<PortList> ports;
  };

  bool rules(const std::vector<PacketRule>& list, const PacketRule& so_far, int depth,
             std::optional<size_t>& closed_for_all) {
    for (const PacketRule& rule : list) {
      if (++steps_ > kSteps || openings_.size() >= kOpenings) return true;
      if (rule.interface == "lo") continue;
      if (!rule.states.empty() && !contains(rule.states, "new")) continue;
      const auto both = joined(so_far, rule);
      if (!both) continue;
      // What leaves a chain that was jumped to with conditions is only what met them.
      const bool all_here = rule.protocol.empty() && rule.ports.empty() && rule.source.empty() &&
                            rule.interface.empty() && rule.other.empty();
      if (rule.verdict == "accept") {
        if (!is_closed(*both)) open(*both);
        if (all_here) return false;
      } else if (rule.verdict == "drop" || rule.verdict == "reject") {
        if (both->other.empty() && closed_.size() < kClosed)
          closed_.push_back({*both, ports_of(both->ports)});
        if (all_here) return false;
      } else if (rule.verdict == "return") {
        if (all_here) return true;
        if (!closed_for_all) closed_for_all = closed_.size();
      } else if (rule.verdict == "jump" || rule.verdict == "goto") {
        const bool goes_on = chain(rule.target, *both, depth + 1);
        if (all_here && (!goes_on || rule.verdict == "goto")) return goes_on;
        if (rule.verdict == "goto" && goes_on && !closed_for_all) closed_for_all = closed_.size();
      }
    }
    return true;
  }

  // Was all of it dropped before?
  bool is_closed(const PacketRule& rule) const {
    const auto same = [](const std::string& closed, const std::string& open) {
      return closed.empty() || closed == open;
    };
    std::optional<PortList> left = ports_of(rule.ports);
    for (const Closed& one : closed_) {
      if (!same(one.rule.protocol, rule.protocol) || !same(one.rule.source, rule.source) ||
          !same(one.rule.interface, rule.interface))
        continue;
      if (same(one.rule.ports, rule.ports)) return true;
      if (!left || !one.ports) continue;
      remove_ports(*left, *one.ports);
      if (left->empty()) return true;
    }
    return false;
  }

  const PacketChains& chains_;
  std::vector<Closed> closed_;
  std::vector<Opening> openings_;
  size_t steps_ = 0;
};

}  // namespace

std::vector<Opening> openings(const PacketChains& chains, const std::string& chain,
                              std::string_view policy) {
  Walk walk(chains);
  if (walk.chain(chain, {}, 0) && policy == "accept") walk.open({}, true);
  return walk.take();
}

}  // namespace drydock::facts
