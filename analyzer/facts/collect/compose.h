// Compose files (compose-spec.io): the containers they would make.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

// The services of the compose files of a fragment, and of a host's usual places. Only what is written.
std::vector<ContainerModel> compose_containers(Context& context);

std::vector<std::string_view> compose_paths();

inline constexpr std::string_view kComposeFiles[] = {
    "compose.yaml",        "compose.yml",        "compose.*.yaml",        "compose.*.yml",
    "docker-compose.yaml", "docker-compose.yml", "docker-compose.*.yaml", "docker-compose.*.yml"};

}  // namespace drydock::facts
