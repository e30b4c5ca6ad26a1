// What systemd leaves out of unit files, and files it never reads: table `unit_problem`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kUnitProblemTable;
extern const Collector kUnitProblemCollector;

}  // namespace drydock::facts
