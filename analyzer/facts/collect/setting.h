// The settings of small services: tables `setting`, `unread_file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSettingTable;
extern const TableSpec kUnreadFileTable;
extern const Collector kSettingCollector;
extern const Collector kUnreadFileCollector;

// The options of logrotate as rows of kSettingTable.
void collect_logrotate(Context& context);

}  // namespace drydock::facts
