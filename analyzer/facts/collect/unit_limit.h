// How much of the host a service may take, by itself and by the slices it lies in: table `unit_limit`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kUnitLimitTable;
extern const Collector kUnitLimitCollector;

}  // namespace drydock::facts
