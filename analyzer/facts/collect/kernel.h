// The kernels that are installed, and how each was built.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kKernelTable;
extern const TableSpec kKernelConfigTable;
extern const Collector kKernelCollector;

}  // namespace drydock::facts
