// The order is that of ufw-init: the chains of ufw's own that INPUT jumps to, then before.rules, after.rules and
// user.rules, each through `iptables-restore --noflush`, which empties the chains that the file declares and
// loads all of a file or nothing; then a jump from ufw-before-input to ufw-user-input, then the policies.
#include "analyzer/facts/collect/firewall_ufw.h"

#include <algorithm>
#include <map>

#include "analyzer/facts/collect/firewall.h"
#include "analyzer/source/tree.h"
#include "parsers/env_file.h"

namespace drydock::facts {

namespace {

namespace iptables = parsers::iptables_save;

struct Setting {
  std::string value;
  std::string path;
  Span span, value_span;
};

// ufw compares with "yes" and "YES" and nothing else.
bool is_yes(std::string_view value) {
  return value == "yes" || value == "YES";
}

constexpr std::pair<std::string_view, std::string_view> kPolicies[] = {
    {"DEFAULT_INPUT_POLICY", "input"},
    {"DEFAULT_FORWARD_POLICY", "forward"},
    {"DEFAULT_OUTPUT_POLICY", "output"}};

class Ufw {
 public:
  explicit Ufw(FirewallRows& rows) : rows_(rows), context_(rows.context()) {}

  bool read_settings(const std::string& path) {
    const auto text = context_.read(path);
    if (!text) return false;
    const parsers::env_file::File file = parsers::env_file::parse(text->text);
    rows_.issues(text->path, file.errors);
    for (const auto& a : file.assignments) {
      Setting& setting = settings_[a.name];
      if (!setting.path.empty() && a.name.starts_with("DEFAULT_"))
        context_.store().overridden(kFirewallPolicyTable, a.name,
                                    context_.store().locate(text->path, a.value_span),
                                    context_.store().locate(setting.path, setting.value_span),
                                    setting.value, "set again later");
      setting = {a.value, text->path, a.span, a.value_span};
    }
    return true;
  }

  void host() {
    if (!read_settings("etc/default/ufw")) return;
    start_ = start_of(context_, {"ufw.service"});
    // The shell reads one after the other.
    if (!read_settings("etc/ufw/ufw.conf"))
      start_ = {false, "there is no /etc/ufw/ufw.conf"};
    else if (!is_yes(settings_["ENABLED"].value))
      start_ = {false, "ENABLED is not yes in /etc/ufw/ufw.conf"};
    write_policies();
    for (const std::string_view family : {"ip", "ip6"})
      if (family == "ip" || ipv6()) load(family);
  }

  void loose(const std::string& path) {
    if (file_name(path) == "ufw") {
      if (read_settings(path)) write_policies();
      return;
    }
    const std::string_view family = file_name(path).find('6') != std::string::npos ? "ip6" : "ip";
    PacketChains chains;
    read_rules(path, chains);
    rows_.chains("ufw", family, chains,
                 std::string(family == "ip" ? "ufw-user-input" : "ufw6-user-input"), "drop", path,
                 {}, start_);
  }

 private:
  bool ipv6() { return is_yes(settings_["IPV6"].value); }

  void write_policies() {
    for (const auto& [key, hook] : kPolicies) {
      const auto found = settings_.find(std::string(key));
      if (found == settings_.end()) continue;
      const Setting& policy = found->second;
      write_policy("ip", hook, lower(policy.value), std::string(key), policy);
      if (ipv6()) write_policy("ip6", hook, lower(policy.value), std::string(key), policy);
    }
    // Without IPv6 ufw-init drops all of it but what goes through the loopback interface.
    const auto found = settings_.find("IPV6");
    if (found == settings_.end() || ipv6()) return;
    for (const auto& [key, hook] : kPolicies)
      write_policy("ip6", hook, "drop", "IPV6", found->second);
  }

  void write_policy(std::string_view family, std::string_view hook, std::string_view policy,
                    const std::string& chain, const Setting& by) {
    rows_.policy("ufw", family, hook, policy, chain, start_, by.path, by.path, by.span,
                 by.value_span);
  }

  void load(std::string_view family) {
    const std::string six = family == "ip" ? "" : "6";
    const std::string chain = "ufw" + six + "-";
    PacketChains chains;
    for (const std::string_view one :
         {"before-logging-input", "before-input", "after-input", "after-logging-input"})
      chains["INPUT"].push_back(jump(chain + std::string(one)));
    const Setting policy = settings_["DEFAULT_INPUT_POLICY"];
    PacketRule to_policy;
    to_policy.verdict = lower(policy.value);
    chains[chain + "skip-to-policy-input"].push_back(to_policy);
    for (const std::string_view name : {"before", "after", "user"}) {
      read_rules("etc/ufw/" + std::string(name) + six + ".rules", chains);
      if (name == "user") chains[chain + "before-input"].push_back(jump(chain + "user-input"));
    }
    rows_.chains("ufw", family, chains, "INPUT", to_policy.verdict, policy.path, policy.value_span,
                 start_);
    if (chains.contains("DOCKER-USER"))
      rows_.outcome().docker_user.push_back(
          {"ufw", std::string(family), std::move(chains), "DOCKER-USER", "accept", start_.enabled});
  }

  static PacketRule jump(std::string target) {
    PacketRule rule;
    rule.verdict = "jump";
    rule.target = std::move(target);
    return rule;
  }

  void read_rules(const std::string& path, PacketChains& chains) {
    const auto text = context_.read(path);
    if (!text) return;
    const iptables::File file = iptables::parse(text->text);
    rows_.issues(text->path, file.errors);
    if (std::ranges::any_of(file.errors, [](const parsers::SyntaxError& error) {
          return error.effect == parsers::Effect::refused;
        }))
      return;
    for (const iptables::Chain& chain : file.chains)
      if (chain.table == "filter" && chain.policy == "-") chains[chain.name].clear();
    FirewallRows::add_chains(file, text->path, chains);
  }

  FirewallRows& rows_;
  Context& context_;
  Start start_;
  std::map<std::string, Setting> settings_;
};

}  // namespace

void read_ufw(FirewallRows& rows) {
  Ufw(rows).host();
}

void read_loose_ufw(FirewallRows& rows, const std::string& path) {
  Ufw(rows).loose(path);
}

}  // namespace drydock::facts
