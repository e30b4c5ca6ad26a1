// Kernel modules: modprobe.d(5), modules-load.d(5), and what lies in /lib/modules.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kModprobeLineTable;
extern const TableSpec kModulePolicyTable;
extern const TableSpec kModuleLoadTable;
extern const Collector kModuleCollector;

// True if a shell command that modprobe runs in place of loading a module surely loads nothing: /bin/false,
// `true`, `echo no; exit 1`.
bool loads_nothing(std::string_view command);

}  // namespace drydock::facts
