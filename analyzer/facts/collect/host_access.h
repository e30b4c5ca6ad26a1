// Who may use the services that ask libwrap: tables `host_access`, `tcp_wrapper`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kHostAccessTable;
extern const TableSpec kTcpWrapperTable;
extern const Collector kHostAccessCollector;

}  // namespace drydock::facts
