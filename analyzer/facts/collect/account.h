// Accounts and groups: tables `account`, `account_group`, `group_member`, `nis_entry` and `subid`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kAccountTable;
extern const TableSpec kShadowTable;
extern const TableSpec kGroupTable;
extern const TableSpec kGroupMemberTable;
extern const TableSpec kNisEntryTable;
extern const TableSpec kSubidTable;
extern const Collector kAccountCollector;

}  // namespace drydock::facts
