// AppArmor profiles, what systemd-tmpfiles makes, passwords given to cloud-init: tables `apparmor_profile`,
// `tmpfiles_line`, `cloud_init_password`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kApparmorProfileTable;
extern const TableSpec kTmpfilesLineTable;
extern const TableSpec kCloudInitPasswordTable;
extern const Collector kApparmorCollector;
extern const Collector kTmpfilesCollector;
extern const Collector kCloudInitCollector;

}  // namespace drydock::facts
