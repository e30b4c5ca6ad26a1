// The audit system: what is recorded, and what becomes of the records.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kAuditLineTable;
extern const TableSpec kAuditRuleTable;
extern const TableSpec kAuditControlTable;
extern const TableSpec kAuditLoadTable;
extern const TableSpec kAuditPathTable;
extern const TableSpec kAuditCoverageTable;
extern const TableSpec kAuditEventTable;
extern const TableSpec kAuditConfigTable;
extern const Collector kAuditCollector;

}  // namespace drydock::facts
