// Where packages come from and what vouches for them: tables `package_source`, `apt_config`, `dnf_config`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kPackageSourceTable;
extern const TableSpec kAptConfigTable;
extern const TableSpec kDnfConfigTable;
extern const Collector kPackageSourceCollector;

}  // namespace drydock::facts
