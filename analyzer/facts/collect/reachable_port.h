// What may be reached from elsewhere: the ports that the host's firewall lets in, and those that container
// engines publish past it. Table `reachable_port`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kReachablePortTable;
extern const Collector kReachablePortCollector;

}  // namespace drydock::facts
