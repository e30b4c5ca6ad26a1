// How people use Docker's client: what the environment tells it, and what shells remember. Tables
// `docker_content_trust` and `container_exec`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kDockerContentTrustTable;
extern const TableSpec kContainerExecTable;
extern const Collector kDockerClientCollector;

}  // namespace drydock::facts
