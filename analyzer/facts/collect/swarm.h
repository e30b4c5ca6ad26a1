// A node of a Docker swarm: what of it stands in the clear below <data-root>/swarm. Table `swarm`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSwarmTable;
extern const Collector kSwarmCollector;

}  // namespace drydock::facts
