// A host put together from the volumes of its disks: what its own configuration mounts where.
#pragma once

#include <memory>

#include "analyzer/source/disk/image.h"

namespace drydock {

// Does the file system hold what the root of a Linux host has? Its /usr may be a volume of its own.
bool holds_root(const FileSystemPtr& file_system);

// Mounts on the root file system in `volumes[root]` what the host mounts when it starts, by what is
// written in it: its fstab(5), its enabled .mount units, and systemd-gpt-auto-generator(8) where they
// say nothing. Notes in `image` what is mounted where, and what could not be: the place is blocked
// then, for what the host would show there was not read.
std::shared_ptr<MountedTree> assemble(DiskImage& image, size_t root);

}  // namespace drydock
