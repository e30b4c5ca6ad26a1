// Who may become whom: tables `sudo_rule` and `sudo_default`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSudoRuleTable;
extern const TableSpec kSudoDefaultTable;
extern const Collector kSudoCollector;

}  // namespace drydock::facts
