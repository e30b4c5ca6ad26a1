// What units run: table `unit_command`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kUnitCommandTable;
extern const Collector kUnitCommandCollector;

}  // namespace drydock::facts
