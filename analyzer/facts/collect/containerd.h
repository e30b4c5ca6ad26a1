// containerd: tables `containerd_config`, `containerd_config_problem` and `registry_host`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kContainerdConfigTable;
extern const TableSpec kContainerdConfigProblemTable;
extern const TableSpec kRegistryHostTable;
extern const Collector kContainerdCollector;

}  // namespace drydock::facts
