// What reports may show of the files that findings point to.
#pragma once

#include <string_view>

#include "analyzer/engine/result.h"
#include "analyzer/source/artifact.h"

namespace drydock::cli {

// Fills `result.files` for every file that a finding, a related place or a diagnostic names.
// Contents of files with secrets, and of files that are no text, stay out.
void load_evidence(const Target& target, engine::TargetResult& result);

// Does the file hold secrets, by its name (shadow(5), private keys, tokens) or its first line? Such
// a file is never shown, not even a line of it.
bool is_sensitive(std::string_view tree_path, std::string_view text);

}  // namespace drydock::cli
