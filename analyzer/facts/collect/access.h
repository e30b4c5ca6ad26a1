// Who may log in from where, as pam_access has it.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kAccessEntryTable;
extern const Collector kAccessCollector;

}  // namespace drydock::facts
