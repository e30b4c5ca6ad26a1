// What may begin before collecting does.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "analyzer/source/artifact.h"

namespace drydock::facts {

// Begins, in a thread, the walk over a directory that collect() will need for these tables; nothing to do
// for other artifacts.
void look_ahead(const Target& target, const std::set<std::string, std::less<>>& tables);

}  // namespace drydock::facts
