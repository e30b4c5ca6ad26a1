// The settings of small services: tables `setting`, `logrotate_log`, `unread_file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSettingTable;
extern const TableSpec kLogrotateLogTable;
extern const TableSpec kUnreadFileTable;
extern const Collector kSettingCollector;
extern const Collector kUnreadFileCollector;

// The options of logrotate as rows of kSettingTable, its blocks as rows of kLogrotateLogTable.
void collect_logrotate(Context& context);
// What glibc takes from resolv.conf, likewise.
void collect_resolv(Context& context);
// The mode and the policy of SELinux, likewise.
void collect_selinux(Context& context);

}  // namespace drydock::facts
