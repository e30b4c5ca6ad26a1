// The inventory: table `file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const Collector kFileCollector;

}  // namespace drydock::facts
