// containerd's containers at rest: its metadata database (core/metadata/buckets.go of containerd).
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

// The containers of all namespaces but "moby", whose containers dockerd keeps, and but the sandboxes that CRI makes
// for pods. Images in containerd's content store are not read: where there are some, the tables of images are
// unknown.
std::vector<ContainerModel> containerd_containers(Context& context);

// What those may read.
std::vector<std::string_view> containerd_state_paths();

}  // namespace drydock::facts
