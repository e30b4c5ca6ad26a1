#include "analyzer/source/container_store.h"

namespace drydock {

size_t container_store_begin(std::string_view path) {
  // dockerd(8) --data-root, containerd and containers-storage.conf(5) by their defaults;
  // machinectl(1) "Files and directories"; podman's rootless store in a home; snapd's and flatpak's
  // mount points.
  static constexpr std::string_view kStores[] = {
      "lib/docker/",   "lib/containerd/",   "lib/containers/storage/",
      "lib/machines/", "lib/lxc/",          "share/containers/storage/",
      "lib/lxd/",      "lib/incus/",        "lib/flatpak/",
      "lib/rancher/",  "lib/kubelet/pods/", "lib/portables/"};
  for (size_t at = 0; at < path.size();) {
    const std::string_view rest = path.substr(at);
    if (rest.starts_with("lib/") || rest.starts_with("share/"))
      for (const std::string_view store : kStores)
        if (rest.starts_with(store)) return at + store.size();
    const size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  return std::string_view::npos;
}

}  // namespace drydock
