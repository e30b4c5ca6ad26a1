// Parts of a tree shown as trees of their own.
#pragma once

#include <memory>
#include <string>

#include "analyzer/source/tree.h"

namespace drydock {

// The directory `prefix` of `base` as a root.
std::shared_ptr<const Tree> subtree(std::shared_ptr<const Tree> base, std::string prefix);

// The directory `prefix` of `base` as the directory `place` ("etc", "usr/lib/sysctl.d"; not empty) of a root that
// has nothing else.
std::shared_ptr<const Tree> placed(std::shared_ptr<const Tree> base, std::string prefix,
                                   std::string place);

// One file alone, at `path`.
std::shared_ptr<const Tree> single_file(std::string path, const Stat& stat, std::string content);

}  // namespace drydock
