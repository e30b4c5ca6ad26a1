// Containers at rest, running or stopped, and the images they are made of. Tables `container`,
// `container_setting`, `container_mount`, … and `image`, `image_history`, ….
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kContainerTable;
extern const TableSpec kContainerSettingTable;
extern const TableSpec kContainerMountTable;
extern const TableSpec kContainerPortTable;
extern const TableSpec kContainerCapabilityTable;
extern const TableSpec kContainerSecurityOptionTable;
extern const TableSpec kContainerDeviceTable;
extern const TableSpec kContainerUlimitTable;
extern const TableSpec kContainerVariableTable;
extern const TableSpec kContainerNetworkTable;
extern const TableSpec kImageTable;
extern const TableSpec kImageReferenceTable;
extern const TableSpec kImageHistoryTable;
extern const TableSpec kImageVariableTable;
extern const TableSpec kImagePortTable;
extern const Collector kContainerCollector;

}  // namespace drydock::facts
