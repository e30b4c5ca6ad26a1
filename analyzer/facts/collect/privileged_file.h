// Files that give their caller rights, and what packages ship of them: tables `privileged_file` and `conffile`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kPrivilegedFileTable;
extern const TableSpec kConffileTable;
extern const Collector kPrivilegedFileCollector;
extern const Collector kConffileCollector;

}  // namespace drydock::facts
