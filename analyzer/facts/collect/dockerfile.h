// What images are built from: the Dockerfiles of a repository.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kDockerfileStageTable;
extern const TableSpec kDockerfileInstructionTable;
extern const Collector kDockerfileCollector;

}  // namespace drydock::facts
