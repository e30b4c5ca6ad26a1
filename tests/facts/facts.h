// How tests ask for facts: a tree written down, a SELECT, the answer as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "analyzer/facts/collect.h"
#include "analyzer/source/memory.h"

namespace drydock::test {

// The rows of `sql` over the facts of `tree`, a line a row, columns separated by " | ", NULL as
// "-", locations as "etc/fstab:3:1". An error is the answer "error: …". In a fragment every file of
// the tree is a loose file.
std::string facts(std::shared_ptr<MemoryTree> tree, std::string_view sql,
                  Scope scope = Scope::host);

}  // namespace drydock::test
