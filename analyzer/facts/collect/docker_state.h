// Docker's state at rest: <data-root>/containers/<id>/{config.v2,hostconfig}.json as dockerd writes them
// (moby, daemon/container). dockerd need not run, nor the container: what it would be started with is there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/docker_config.h"
#include "analyzer/facts/collect/image_model.h"

namespace drydock::facts {

// One directory dockerd keeps its state in.
struct DockerRoot {
  std::string path;            // "var/lib/docker", with userns-remap "var/lib/docker/231072.231072"
  bool is_remapped = false;    // uid 0 of its containers is another uid of the host
  const DockerConfig* config;  // of the daemon whose it is; never null
};

// The data roots of all daemons of the host that exist. Empty in a fragment.
const std::vector<DockerRoot>& docker_roots(Context& context);

// The directory of a layer's files by the chain of its parents; see layer_directories().
struct LayerStore {
  // (diff id, chain id of the parent; empty for the lowest) -> chain id, directory of the files.
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::string>> layers;
};

// The directories of the layers with these diff ids (the rootfs of an image), the lowest first.
std::vector<std::string> layer_directories(const LayerStore& store,
                                           const std::vector<std::string>& diff_ids);

// The images of all data roots, sorted by path. What Docker keeps in containerd's store is in containerd_images.
std::vector<Image> docker_images(Context& context);

// The containers of all data roots; in a fragment those of its loose files. Problems become issues of the
// collector that runs.
std::vector<ContainerModel> docker_containers(Context& context);

}  // namespace drydock::facts
