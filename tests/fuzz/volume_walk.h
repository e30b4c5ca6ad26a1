// Everything that a scan may ask of a file system.
#pragma once

#include <memory>

#include "analyzer/source/fs/file_system.h"
#include "analyzer/source/mounted.h"

namespace drydock::fuzz {

inline void walk(const std::optional<VolumeInfo>& volume) {
  if (!volume || !volume->file_system) return;
  const MountedTree tree(volume->file_system);
  size_t left = 2000;
  tree.walk("", [&](std::string_view path, const Stat& stat) {
    (void)tree.xattrs(path);
    if (stat.type == NodeType::symlink) (void)tree.resolve(path);
    if (stat.type == NodeType::file) (void)tree.read_piece(path, stat.size / 2, 4096);
    return left > 0 && --left > 0;
  });
}

}  // namespace drydock::fuzz
