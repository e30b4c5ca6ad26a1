// How well containers are kept apart from the host: tables `container_runtime` and `isolation`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kContainerRuntimeTable;
extern const TableSpec kIsolationTable;
extern const Collector kIsolationCollector;

}  // namespace drydock::facts
