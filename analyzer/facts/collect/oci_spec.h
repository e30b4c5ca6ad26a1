// The runtime specification of a container (OCI runtime-spec, config.md and config-linux.md) as engines other than
// Docker keep it in their databases.
#pragma once

#include "analyzer/facts/collect/container_model.h"
#include "parsers/json.h"

namespace drydock::facts {

// Adds to `out` what runc or crun would do with `spec`: namespaces, root file system, limits, confinement, bind mounts,
// capabilities compared with the set that engines give by default, variables, devices. All of it stands at
// `place`, for a database has no lines. Settings that `out` has already stay. Annotations of Podman (io.podman.annotations.*) are understood.
void add_oci_spec(const parsers::json::Value& spec, const Place& place, ContainerModel& out);

}  // namespace drydock::facts
