// Podman's images at rest, in containers-storage (github.com/containers/storage, docs of images.go and layers.go):
// <driver>-images/images.json with a directory for each image that holds its manifest and configuration, and
// <driver>-layers/layers.json.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/image_model.h"

namespace drydock::facts {

// The images of root's storage, of its additional image stores, and of the users'. An image without a configuration
// that can be read becomes an issue of the collector that runs; a list of images for several machines (podman
// manifest create) is none.
std::vector<Image> podman_images(Context& context);

// What those may read; and what they read below a storage that lies somewhere else, as loose patterns.
std::vector<std::string_view> podman_image_paths();
std::vector<std::string_view> podman_image_tails();

}  // namespace drydock::facts
