// containerd's images at rest: names in its metadata database, manifests and configurations in its content store
// (io.containerd.content.v1.content/blobs/sha256/<digest>), layers in those of its snapshotters that keep
// directories. Docker keeps its images there as well where it is told to (daemon.json features.containerd-snapshotter,
// the default of a new Docker 29).
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/image_model.h"

namespace drydock::facts {

// The images of all namespaces; those of "moby" are Docker's. Of an image for several machines those whose
// configuration is there. An image of which none is becomes an issue of the collector that runs.
std::vector<Image> containerd_images(Context& context);

// What those may read; and what they read below a root that lies somewhere else, as loose patterns.
std::vector<std::string_view> containerd_image_paths();
std::vector<std::string_view> containerd_image_tails();

}  // namespace drydock::facts
