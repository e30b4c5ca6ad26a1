// What is shown to whoever logs in: table `banner_line`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kBannerLineTable;
extern const Collector kBannerCollector;

}  // namespace drydock::facts
