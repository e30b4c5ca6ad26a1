// AppArmor profiles, what systemd-tmpfiles makes: tables `apparmor_profile`, `tmpfiles_line`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kApparmorProfileTable;
extern const TableSpec kTmpfilesLineTable;
extern const Collector kApparmorCollector;
extern const Collector kTmpfilesCollector;

}  // namespace drydock::facts
