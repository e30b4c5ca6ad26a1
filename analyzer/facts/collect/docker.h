// Docker: how its daemon is configured, where it listens, and the files it depends on. Tables
// `docker_daemon`, `docker_config_error`, `docker_listener`, `docker_file` and `seccomp_profile`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kDockerDaemonTable;
extern const TableSpec kDockerConfigErrorTable;
extern const TableSpec kDockerListenerTable;
extern const TableSpec kDockerFileTable;
extern const TableSpec kSeccompProfileTable;
extern const Collector kDockerCollector;

}  // namespace drydock::facts
