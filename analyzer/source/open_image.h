// Disk images as artifacts.
#pragma once

#include <optional>
#include <string>

#include "analyzer/source/artifact.h"
#include "analyzer/source/disk/image.h"

namespace drydock {

struct OpenedImage {
  uint64_t size = 0;   // of the file, bytes
  std::string format;  // "qcow2 v3", "OVA", "raw disk image, xz"
  DiskImage image;
  std::shared_ptr<const ReadCost> cost;  // of the file and of those opened beside it, so far
};

// The stack of a disk image, whether or not a root is in it. nullopt: `path` is no disk image.
std::optional<Result<OpenedImage>> open_stack(const std::string& path, const ImageOptions& options);

// Opens the regular file `path` as a disk image: a container drydock knows, or a raw disk with a partition
// table or a file system on it; packed or not. nullopt: it is neither. Every root file system becomes a
// target; an image without any is an error that lists what was seen.
std::optional<Result<Artifact>> open_image(const std::string& path, const OpenOptions& options);

}  // namespace drydock
