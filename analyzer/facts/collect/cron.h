// Jobs that cron runs: tables `cron_job`, `cron_program`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kCronJobTable;
extern const TableSpec kCronProgramTable;
extern const Collector kCronCollector;

}  // namespace drydock::facts
