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

#include "analyzer/source/tree.h"
#include "parsers/env_file.h"
#include "parsers/iptables_save.h"
#include "parsers/nftables.h"

namespace drydock::facts {

const TableSpec kFirewallPolicyTable{
    .name = "firewall_policy",
    .kind = TableKind::effective,
    .doc =
        "What a firewall manager makes of the packets of a hook that no rule of its own takes. "
        "dockerd, which sets the policy of FORWARD itself at times, is not among them.",
    .columns = {{"manager", ColumnType::text, "'nftables', 'iptables', 'ufw' or 'firewalld'."},
                {"family", ColumnType::text,
                 "'ip' or 'ip6'; a chain of the family inet gives both."},
                {"hook", ColumnType::text, "'input', 'forward' or 'output'."},
                {"policy", ColumnType::text, "'accept', 'drop' or 'reject'."},
                {"chain", ColumnType::text, "The chain, with its table: 'inet filter forward'."},
                {"enabled", ColumnType::boolean,
                 "The manager is started at boot; NULL where that is not known."},
                {"why_not_enabled", ColumnType::text, "The reason if it is not; else NULL."},
                {"loc", ColumnType::location, "What sets the policy."},
                {"policy_loc", ColumnType::location,
                 "The policy alone, or the chain that gives none."}},
    .indexes = {"hook"},
    .examples = {"SELECT manager, family, policy FROM firewall_policy WHERE hook = 'forward' AND "
                 "enabled"}};

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
    read_script(path, 0);
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
          if (family == "ip" || ipv6)
            add("ufw", family, hook, lower(a->value), std::string(key), start, text->path,
                text->path, a->span, a->value_span);
        break;
      }
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
                       (flush.table.empty() || flush.table == chain.table);
      if (hit && flush.chains_stay) {
        chain.rules = 0;
        chain.last_verdict.clear();
      }
      it = hit && !flush.chains_stay ? chains_.erase(it) : std::next(it);
    }
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
    .tables = {&kFirewallPolicyTable},
    .needs = {"unit_state"},
    .paths = {"etc/nftables.conf", "etc/nftables/**", "etc/nftables.d/**",
              "etc/sysconfig/nftables.conf", "etc/iptables/rules.v4", "etc/iptables/rules.v6",
              "etc/sysconfig/iptables", "etc/sysconfig/ip6tables", "etc/default/ufw",
              "etc/ufw/ufw.conf", "etc/firewalld/firewalld.conf"},
    .loose = {"nftables.conf", "*.nft", "rules.v4", "rules.v6", "sysconfig/iptables",
              "sysconfig/ip6tables", "default/ufw"},
    .collect = collect_firewall};

}  // namespace drydock::facts
