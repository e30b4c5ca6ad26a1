// What the firewall managers have in common: whether one is started, and the rows of its rules and policies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/firewall_rule.h"
#include "parsers/characters.h"
#include "parsers/iptables_save.h"

namespace drydock::facts {

struct Start {
  std::optional<bool> enabled;  // nothing: not known
  std::string why_not;
};

// Is one of the units started at boot? In a fragment nobody knows.
Start start_of(Context& context, const std::vector<std::string>& units);

// One thing that a manager lets in from elsewhere.
struct Reach {
  std::string manager;
  std::string family;  // "ip" or "ip6"
  Opening opening;
  std::optional<bool> enabled;
};

// A policy of the hook input.
struct InputPolicy {
  std::string manager, family;
  std::string policy;
  std::optional<bool> enabled;
};

// Chains that decide on what is forwarded to a container, beside what its engine loads: a base chain of
// nftables, or DOCKER-USER.
struct ForwardChain {
  std::string manager, family;
  PacketChains chains;
  std::string chain;
  std::string policy;
  std::optional<bool> enabled;
};

// All that is known of the host's own firewalls. Filled while the tables of `firewall` are.
struct FirewallOutcome {
  std::vector<Reach> input;
  std::vector<InputPolicy> policies;
  std::vector<ForwardChain> nft_forward;
  std::vector<ForwardChain> docker_user;
  bool strict_forward_ports = false;  // firewalld.conf(5): StrictForwardPorts
};
const FirewallOutcome& firewall_outcome(Context& context);

class FirewallRows {
 public:
  FirewallRows(Context& context, FirewallOutcome& outcome) : context_(context), outcome_(outcome) {}

  Context& context() { return context_; }
  FirewallOutcome& outcome() { return outcome_; }

  // Syntax errors of a file: what it says of reachable ports is not known either.
  void issues(std::string_view path, const parsers::SyntaxErrors& errors);

  void policy(std::string_view manager, std::string_view family, std::string_view hook,
              std::string_view policy, const std::string& chain, const Start& start,
              const std::string& path, const std::string& policy_path, Span span, Span policy_span);
  void rule(std::string_view manager, std::string_view family, const std::string& chain,
            int64_t position, const PacketRule& rule, const Start& start);
  // A packet must pass every base chain of its hook: what one lets in counts if each other one lets it in.
  void reach(std::string_view manager, std::string_view family,
             const std::vector<std::vector<Opening>>& lists, const Start& start);

  // The rules of the table filter of `file`, in the order iptables-restore(8) leaves them in, added to `chains`.
  static void add_chains(const parsers::iptables_save::File& file, const std::string& path,
                         PacketChains& chains);
  // Writes the rules of `chains`, and what `chain` lets in.
  void chains(std::string_view manager, std::string_view family, const PacketChains& chains,
              const std::string& chain, std::string_view policy, const std::string& policy_path,
              Span policy_span, const Start& start);

 private:
  Context& context_;
  FirewallOutcome& outcome_;
};

// Says what sets the policy of those that the policy lets in.
void place_policy(std::vector<Opening>& list, const std::string& path, Span span);

using parsers::lower;
Value text_or_null(const std::string& text);

}  // namespace drydock::facts
