// The SSH daemon: tables `sshd` and `sshd_line`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSshdTable;
extern const TableSpec kSshdLineTable;
extern const Collector kSshdCollector;

}  // namespace drydock::facts
