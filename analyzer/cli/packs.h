// The catalogue together with the packs named on the command line.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/engine/catalogue.h"

namespace drydock::cli {

// Says every mistake of a pack on standard error; fails if there is an error among them.
Result<engine::Catalogue> load_catalogue(const std::vector<std::string>& packs);

// What to say when no rule has the id, with the one that was probably meant.
Error no_such_rule(const engine::Catalogue& catalogue, const std::string& id);

}  // namespace drydock::cli
