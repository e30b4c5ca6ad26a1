// What follows from a daemon's configuration: where it listens and which files it depends on.
#pragma once

#include "analyzer/facts/collect/docker_config.h"

namespace drydock::facts {

void write_listeners(Context& context, const DockerConfig& config);  // table docker_listener
void write_files(Context& context, const DockerConfig& config);      // table docker_file

}  // namespace drydock::facts
