// The SSH client: tables `ssh_client` and `ssh_client_line`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSshClientTable;
extern const TableSpec kSshClientLineTable;
extern const Collector kSshClientCollector;

}  // namespace drydock::facts
