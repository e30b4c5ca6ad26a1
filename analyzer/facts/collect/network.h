// What interfaces the host configures, with which addresses: tables `network_interface`, `network_address`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kNetworkInterfaceTable;
extern const TableSpec kNetworkAddressTable;
extern const Collector kNetworkCollector;

}  // namespace drydock::facts
