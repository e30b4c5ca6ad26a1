// The settings of small services: tables `setting`, `unread_file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSettingTable;
extern const TableSpec kUnreadFileTable;
extern const Collector kSettingCollector;
extern const Collector kUnreadFileCollector;

}  // namespace drydock::facts
