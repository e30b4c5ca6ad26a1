// Podman, Buildah and CRI-O, which share containers-common's files. Tables `podman_config`,
// `podman_registry` and `image_policy`.
#pragma once

#include "analyzer/facts/collect.h"

namespace drydock::facts {

extern const TableSpec kPodmanConfigTable;
extern const TableSpec kPodmanRegistryTable;
extern const TableSpec kImagePolicyTable;
extern const Collector kPodmanCollector;

}  // namespace drydock::facts
