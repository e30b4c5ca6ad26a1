#include "analyzer/source/container_store.h"

namespace drydock {
namespace {

// dockerd(8) --data-root, containerd and containers-storage.conf(5) by their defaults; machinectl(1)
// "Files and directories"; lxc, LXD, Incus, Flatpak, K3s, kubelet and portablectl(1) by theirs.
constexpr std::string_view kStores[] = {
    "lib/docker/",       "lib/containerd/", "lib/containers/storage/",
    "lib/machines/",     "lib/lxc/",        "lib/lxd/",
    "lib/incus/",        "lib/flatpak/",    "lib/rancher/",
    "lib/kubelet/pods/", "lib/portables/",  "share/containers/storage/",
    "share/docker/"};

// A store that was moved is known by how it is built inside: overlay2/ID/diff/ (Docker),
// overlay/ID/diff/ (containers-storage), snapshots/ID/fs/ (containerd).
size_t layer(std::string_view rest) {
  static constexpr std::pair<std::string_view, std::string_view> kLayers[] = {
      {"overlay2/", "/diff/"}, {"overlay/", "/diff/"}, {"snapshots/", "/fs/"}};
  for (const auto& [head, tail] : kLayers) {
    if (!rest.starts_with(head)) continue;
    const size_t slash = rest.find('/', head.size());
    if (slash != std::string_view::npos && rest.substr(slash).starts_with(tail))
      return slash + tail.size();
  }
  return 0;
}

}  // namespace

size_t container_store_begin(std::string_view path) {
  for (size_t at = 0; at < path.size();) {
    const std::string_view rest = path.substr(at);
    switch (rest.front()) {  // most components are none of them
      case 'l':
      case 's':
        for (const std::string_view store : kStores)
          if (rest.starts_with(store)) return at + store.size();
        [[fallthrough]];
      case 'o':
        if (const size_t inside = layer(rest)) return at + inside;
        break;
      default:
        break;
    }
    const size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  return std::string_view::npos;
}

}  // namespace drydock
