// Swap space: tables `swap` and `encrypted_volume`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSwapTable;
extern const TableSpec kEncryptedVolumeTable;
extern const Collector kSwapCollector;

}  // namespace drydock::facts
