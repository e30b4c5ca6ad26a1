// What kind of host the target is: table `trait`, which the conditions of rules ask.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kTraitTable;
extern const Collector kTraitCollector;

}  // namespace drydock::facts
