// What happens to packets that no firewall rule takes: table `firewall_policy`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kFirewallPolicyTable;
extern const Collector kFirewallCollector;

}  // namespace drydock::facts
