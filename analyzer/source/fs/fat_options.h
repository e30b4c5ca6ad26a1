// What mount options make of a file system without owners and permission bits.
#pragma once

#include <string_view>

#include "analyzer/source/fs/file_system.h"

namespace drydock {

// The FAT file system `fs` as the kernel shows it with these options (mount(8) "Mount options for fat"):
// uid=, gid=, umask=, dmask=, fmask=. `options` is a list as in fstab(5).
FileSystemPtr with_fat_options(FileSystemPtr fs, std::string_view options);

}  // namespace drydock
