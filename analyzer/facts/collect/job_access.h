// Who may leave jobs with crontab(1) and at(1): tables `job_access`, `job_list`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kJobAccessTable;
extern const TableSpec kJobListTable;
extern const Collector kJobAccessCollector;

}  // namespace drydock::facts
