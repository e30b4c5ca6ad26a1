// An archive in memory instead of a file: for fuzzing and for archives inside of others.
#pragma once

#include <string_view>

#include "analyzer/source/artifact.h"

namespace drydock {

// As open_artifact; `bytes` must live as long as the artifact.
Result<Artifact> open_bytes(std::string_view bytes, const OpenOptions& options);

}  // namespace drydock
