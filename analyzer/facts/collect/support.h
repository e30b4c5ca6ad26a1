// Whether anybody still repairs what is installed: table `support`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSupportTable;
extern const Collector kSupportCollector;

}  // namespace drydock::facts
