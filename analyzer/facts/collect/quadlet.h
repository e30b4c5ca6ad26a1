// Quadlet: services that podman-system-generator(8) makes of .container, .pod and other files (podman-systemd.unit(5)).
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

extern const TableSpec kQuadletUnitTable;

// The containers of the host's .container files with their drop-ins, and those that hold the pods of .pod files
// together; in a fragment of the loose ones.
const std::vector<ContainerModel>& quadlet_containers(Context& context);

// Fills kQuadletUnitTable.
void write_quadlet(Context& context);

// Interest patterns of the files read.
std::vector<std::string_view> quadlet_paths();

}  // namespace drydock::facts
