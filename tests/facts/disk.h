// Trees of memory on disk, for tests that ask the real program the same question.
#pragma once

#include <string>

#include "analyzer/source/tree.h"

namespace drydock::test {

// Writes the files, directories and links of `tree` below `directory`.
void write_tree(const Tree& tree, const std::string& directory);

}  // namespace drydock::test
