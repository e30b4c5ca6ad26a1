// What may begin before collecting does.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "analyzer/source/artifact.h"

namespace drydock::facts {

// What was begun; empty: nothing. It ends by itself when it is not used.
struct LookedAhead {
  struct Signs;
  std::shared_ptr<Signs> signs;
};

// Begins, in a thread, the walk over the tree that collect() will need for these tables; nothing to do
// unless the artifact is a directory or an archive.
LookedAhead look_ahead(const Target& target, const std::set<std::string, std::less<>>& tables);

}  // namespace drydock::facts
