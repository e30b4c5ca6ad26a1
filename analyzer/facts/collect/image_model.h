// Images before they become rows, whichever engine keeps them: one shape, so that one rule judges the same weakness
// in all of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/container_model.h"
#include "parsers/json.h"

namespace drydock::facts {

// An image with its configuration (OCI image-spec, config.md; Docker's is the same).
struct Image {
  std::string engine;  // "docker", "podman", "containerd"
  std::string store;  // the directory it is kept in: "var/lib/docker", "var/lib/containers/storage"
  // Is uid 0 of its containers uid 0 of the host, unless they say otherwise?
  bool is_host_root = true;
  std::string id;    // "sha256:…", as the engine lists it
  std::string path;  // of its configuration
  parsers::json::Document document;
  // Its engine does what the configuration's Healthcheck says.
  bool runs_health_check = true;
  std::vector<std::string> diff_ids;  // of its layers, the lowest first
  // Where those lie unpacked; "" for one that is missing, or that the next one holds a copy of.
  std::vector<std::string> directories;
  struct Reference {
    std::string text;  // "corp/app:1.4.2", "corp/app@sha256:…"
    Place place;
  };
  std::vector<Reference> references;
  // Of containerd: what its containers say instead of the id, "namespace name".
  std::vector<std::string> names;

  Place place(const parsers::json::Value* value) const;
};

// Every image of every engine; in a fragment: none. Computed once.
const std::vector<Image>& images(Context& context);

// The image of that id in that store; nullptr: none.
const Image* find_image(Context& context, std::string_view store, std::string_view id);

// Reads the configuration of an image at `path`. Nothing: it could not be read, which is said if it is there,
// or there is no room for more of them, which is said as well; `bytes` counts what was read of one engine's.
std::optional<Image> read_image(Context& context, const std::string& path, size_t& bytes);

// Makes the tables of images unknown, and not those of containers.
void image_issue(Context& context, std::string_view path, const parsers::SyntaxError& error);

// The uid of a user as `docker run --user` has it ("app", "1000:1000", "") inside an image with these layers:
// names are looked up in the topmost /etc/passwd. Nothing: it cannot be told, or the /etc/passwd are more or larger
// than are read, which is said.
std::optional<int64_t> user_id(Context& context, std::string_view user,
                               const std::vector<std::string>& directories);

// Keeps the directory of the last layer alone: of drivers whose layers are copies of those below (vfs, btrfs,
// native), with what was deleted gone.
void keep_top(std::vector<std::string>& directories);

// The member `key` with its name, for places; the value alone if it is no member.
Span json_span(const parsers::json::Value& value);

}  // namespace drydock::facts
