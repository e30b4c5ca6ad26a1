// Whose hands may reach what: tables `protected_file`, `exposed_file`, `home_file`, `home_program`,
// `authorized_key`, `authorized_keys_file`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kProtectedFileTable;
extern const TableSpec kExposedFileTable;
extern const TableSpec kHomeFileTable;
extern const TableSpec kHomeProgramTable;

extern const Collector kProtectedFileCollector;
extern const Collector kExposedFileCollector;
extern const TableSpec kAuthorizedKeyTable;
extern const TableSpec kAuthorizedKeysFileTable;
extern const Collector kHomeFileCollector;
extern const Collector kAuthorizedKeyCollector;

}  // namespace drydock::facts
