// What the layers of images hold that a container should do without. Table `image_file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kImageFileTable;
extern const Collector kImageFileCollector;

}  // namespace drydock::facts
