// containerd's metadata database (core/metadata/buckets.go of containerd), read once for its containers and images.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

struct ContainerdMetadata {
  // A name inside a namespace ("k8s.io", "default"; Docker's is "moby").
  using Name = std::pair<std::string, std::string>;

  struct Container {
    std::string spec;  // JSON, out of its protobuf
    std::string image;
    std::map<std::string, std::string> labels;
  };
  struct Snapshot {
    std::string name;    // its key in the snapshotter's own database
    std::string parent;  // the key of the snapshot below; empty: none
  };

  std::string root;          // the directory: "var/lib/containerd"
  std::string path;          // the database, every link followed
  bool is_host_root = true;  // uid 0 of its containers is uid 0 of the host
  std::map<Name, Container> containers;
  std::map<Name, std::string> images;  // to the digest of what the name leads to
  // Of a configuration in the content store: (namespace and digest, snapshotter) -> its topmost layer's snapshot.
  std::map<std::pair<Name, std::string>, std::string> unpacked;
  // (namespace and key, snapshotter)
  std::map<std::pair<Name, std::string>, Snapshot> snapshots;
};

// The databases of the host: containerd's, those of the containerd that dockerd, k3s or RKE2 start themselves, and of
// users (rootless). None in a fragment. Computed once.
const std::vector<ContainerdMetadata>& containerd_metadata(Context& context);

// The directories that those lie in by default, as patterns.
const std::vector<std::string>& containerd_roots();

}  // namespace drydock::facts
