// Quadlet: containers that podman-system-generator(8) makes of .container files (podman-systemd.unit(5)).
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

// The containers of the host's .container files with their drop-ins; in a fragment of the loose ones.
std::vector<ContainerModel> quadlet_containers(Context& context);

// Interest patterns of the files read, rooted and loose.
std::vector<std::string_view> quadlet_paths();

}  // namespace drydock::facts
