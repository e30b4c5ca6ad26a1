// Podman's containers at rest: the records that libpod keeps of them (libpod/container_config.go of Podman), in
// libpod/bolt_state.db below the storage's root, since Podman 4.8 in db.sql there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"

namespace drydock::facts {

// A directory that containers-storage keeps containers and images in.
struct PodmanStorage {
  std::string path;  // "var/lib/containers/storage"
  bool is_rootless = false;
  std::vector<std::string>
      additional;  // stores of images only, of whose images it makes containers, too
};

// Root's and the users' that exist.
const std::vector<PodmanStorage>& podman_storages(Context& context);

// The containers of root's storage and of the users'. Containers of a storage that no database of libpod knows are
// not known: that becomes an issue of the collector that runs.
std::vector<ContainerModel> podman_containers(Context& context);

// What those may read.
std::vector<std::string_view> podman_state_paths();

}  // namespace drydock::facts
