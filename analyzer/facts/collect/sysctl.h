// Kernel parameters as the host sets them at boot: tables `sysctl` and `sysctl_line`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSysctlTable;
extern const TableSpec kSysctlLineTable;
extern const Collector kSysctlCollector;

}  // namespace drydock::facts
