// Services that inetd and xinetd start for whoever connects: table `inet_service`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kInetServiceTable;
extern const Collector kInetServiceCollector;

}  // namespace drydock::facts
