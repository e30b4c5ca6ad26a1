// What is mounted where at boot: tables `fstab_line`, `mount`, `mount_option` and `path_mount`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kFstabLineTable;
extern const TableSpec kMountTable;
extern const TableSpec kMountOptionTable;
extern const TableSpec kPathMountTable;
extern const Collector kMountCollector;

}  // namespace drydock::facts
