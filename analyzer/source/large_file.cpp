#include "analyzer/source/large_file.h"

#include "analyzer/source/interest.h"

namespace drydock {

bool may_be_large(std::string_view path) {
  static const Interest names = [] {
    Interest all;
    for (const std::string_view pattern :
         {"rpm/rpmdb.sqlite", "rpm/rpmdb.sqlite-wal", "rpm/Packages.db", "rpm/Packages",
          "EFI/Linux/*.efi", "efi/Linux/*.efi", "io.containerd.metadata.v1.bolt/meta.db",
          "io.containerd.snapshotter.v1.overlayfs/metadata.db"})
      all.add_loose(pattern);
    return all;
  }();
  return names.matches_loose(path);
}

bool is_blob(std::string_view path) {
  constexpr std::string_view kStore = "io.containerd.content.v1.content/blobs/sha256/";
  const size_t at = path.find(kStore);
  return at != std::string_view::npos &&
         path.find('/', at + kStore.size()) == std::string_view::npos;
}

}  // namespace drydock
