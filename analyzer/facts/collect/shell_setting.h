// What a login gets from the start-up files of its shell.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kShellSettingTable;
extern const TableSpec kSearchPathTable;
extern const TableSpec kStartupProgramTable;
extern const Collector kShellSettingCollector;

}  // namespace drydock::facts
