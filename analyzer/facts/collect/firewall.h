// What the host's packet filters do: tables `firewall_policy`, `firewall_rule`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kFirewallPolicyTable;
extern const TableSpec kFirewallRuleTable;
extern const Collector kFirewallCollector;

}  // namespace drydock::facts
