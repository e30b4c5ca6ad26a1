// What a login gets: the defaults for accounts, valid shells, where names are looked up.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kLoginDefTable;
extern const TableSpec kUseraddDefaultTable;
extern const TableSpec kNssSourceTable;
extern const TableSpec kLoginShellTable;
extern const Collector kLoginCollector;

}  // namespace drydock::facts
