// Files that an image names: who may decide that they are opened is the user, never the image.
#pragma once

#include <memory>
#include <string>

#include "analyzer/source/disk/container.h"

namespace drydock {

// Refuses everything and says which name was asked for.
OpenBeside refuse_beside();

// Opens files in the directory of the image `path`, by bare names only: no path, no link, nothing but
// regular files, at most 256 of them and none twice, the image itself included (so a chain of backing
// files cannot be a loop). Each is announced by the opener that asked, in Disk::notes. What is read is
// added to `cost`, if given.
OpenBeside open_beside(const std::string& path, std::shared_ptr<ReadCost> cost = nullptr);

}  // namespace drydock
