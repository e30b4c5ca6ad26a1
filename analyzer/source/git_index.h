// The list of tracked files of a git checkout (gitformat-index(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/result.h"

namespace drydock {

// The paths of the index `bytes`, from the top of the checkout, in git's order (by bytes, so sorted). Reads versions 2,
// 3 and 4; extensions and object names are passed over. A path that leaves the checkout, or anything that is no
// index, is an error.
Result<std::vector<std::string>> parse_git_index(std::string_view bytes);

}  // namespace drydock
