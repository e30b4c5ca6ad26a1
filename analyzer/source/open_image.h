// Disk images as artifacts.
#pragma once

#include <optional>
#include <string>

#include "analyzer/source/artifact.h"

namespace drydock {

// Opens the regular file `path` as a disk image: a container drydock knows, or a raw disk with a partition
// table or a file system on it. nullopt: it is neither. Every root file system becomes a target; an image
// without any is an error that lists what was seen.
std::optional<Result<Artifact>> open_image(const std::string& path, const OpenOptions& options);

}  // namespace drydock
