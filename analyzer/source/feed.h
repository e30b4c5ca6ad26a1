// Many small files that the user hands over beside the artifact: a directory of them or an archive.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"

namespace drydock {

// Calls `visit` with name and content of every file whose name ends in `suffix`: those of a directory, at any
// depth, sorted; those of a ZIP, tar … archive as they come; or the one file `path`. One at a time is held in
// memory. Fails when `path` cannot be opened, a file is larger than limits::kFileContent, or the archive
// breaks off; what precedes has been visited then.
Result<void> read_feed(
    const std::string& path, std::string_view suffix,
    const std::function<void(std::string_view name, std::string_view content)>& visit);

}  // namespace drydock
