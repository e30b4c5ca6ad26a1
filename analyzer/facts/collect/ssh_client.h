// The SSH client: tables `ssh_client`, `ssh_client_line` and `ssh_client_user`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSshClientTable;
extern const TableSpec kSshClientLineTable;
extern const TableSpec kSshClientUserTable;
extern const Collector kSshClientCollector;
extern const Collector kSshClientUserCollector;

}  // namespace drydock::facts
