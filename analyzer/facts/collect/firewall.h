// What a packet filter lets in: tables `firewall_policy`, `firewall_rule`, `reachable_port`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kFirewallPolicyTable;
extern const TableSpec kFirewallRuleTable;
extern const TableSpec kReachablePortTable;
extern const Collector kFirewallCollector;

}  // namespace drydock::facts
