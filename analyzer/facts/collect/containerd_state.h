// containerd's containers at rest: its metadata database (core/metadata/buckets.go of containerd).
#pragma once

#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

// The containers of all namespaces but "moby", whose containers dockerd keeps, and but the sandboxes that CRI makes
// for pods.
std::vector<ContainerModel> containerd_containers(Context& context);

}  // namespace drydock::facts
