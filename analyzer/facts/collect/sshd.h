// The SSH daemon: tables `sshd`, `sshd_line` and `sshd_include`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kSshdTable;
extern const TableSpec kSshdLineTable;
extern const TableSpec kSshdIncludeTable;
extern const Collector kSshdCollector;

}  // namespace drydock::facts
