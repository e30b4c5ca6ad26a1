// Docker's state at rest: <data-root>/containers/<id>/{config.v2,hostconfig}.json as dockerd writes them
// (moby, daemon/container). dockerd need not run, nor the container: what it would be started with is there.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"
#include "analyzer/facts/collect/docker_config.h"
#include "parsers/json.h"

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

// One image as dockerd keeps it.
struct DockerImage {
  std::string id;    // "sha256:…"
  std::string path;  // of its configuration
  parsers::json::Document document;
  std::vector<std::string> diff_ids;
  std::vector<std::string>
      directories;  // of its layers, the lowest first; "" for one that is missing
  struct Reference {
    std::string text;  // "corp/app:1.4.2", "corp/app@sha256:…"
    Place place;
  };
  std::vector<Reference> references;
  const DockerRoot* root = nullptr;

  Place place(const parsers::json::Value* value) const;
};

// Every image of every data root, sorted by path. In a fragment: none.
const std::vector<DockerImage>& docker_images(Context& context);

// The uid of a user as docker run --user has it ("app", "1000:1000", "") inside an image with these layers:
// names are looked up in the topmost /etc/passwd. Nothing: it cannot be told.
std::optional<int64_t> user_id(Context& context, std::string_view user,
                               const std::vector<std::string>& directories);

// The containers of all data roots; in a fragment those of its loose files. Problems become issues of the
// collector that runs.
std::vector<ContainerModel> docker_containers(Context& context);

// The member `key` with its name, for places; the value alone if it is no member.
Span json_span(const parsers::json::Value& value);

}  // namespace drydock::facts
