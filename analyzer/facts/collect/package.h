// What is installed: tables `package` and `os_release`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kPackageTable;
extern const TableSpec kOsReleaseTable;
extern const Collector kPackageCollector;
extern const Collector kOsReleaseCollector;

}  // namespace drydock::facts
