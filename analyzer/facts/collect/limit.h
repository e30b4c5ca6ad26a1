// What pam_limits sets for the sessions of users: by the line, and by the account.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kLimitTable;
extern const TableSpec kAccountLimitTable;
extern const Collector kLimitCollector;
extern const Collector kAccountLimitCollector;

}  // namespace drydock::facts
