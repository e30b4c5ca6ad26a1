// systemd units: tables `unit`, `unit_setting`, `unit_drop_in` and `unit_state`. Other collectors
// that need a unit's settings take them from unit_files.h.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kUnitTable;
extern const TableSpec kUnitSettingTable;
extern const TableSpec kUnitDropInTable;
extern const TableSpec kUnitStateTable;
extern const Collector kUnitCollector;       // unit, unit_setting, unit_drop_in
extern const Collector kUnitStateCollector;  // unit_state

}  // namespace drydock::facts
