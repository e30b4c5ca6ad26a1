// Questions of people about facts: what a statement will read, and all facts as a file of their
// own.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "analyzer/base/result.h"
#include "analyzer/facts/store.h"

namespace drydock::facts {

// The tables of `store` that `sql` reads, found by preparing it: they have to be collected before
// it is run. Fails with SQLite's message.
Result<std::set<std::string, std::less<>>> tables_read(const Store& store, std::string_view sql);

// Writes all facts of `store` to a new SQLite database at `path`, which must not exist: every table
// as an ordinary one, `location` too, with its key and indexes, so that any SQLite program can open
// it.
Result<void> dump(const Store& store, const std::string& path);

}  // namespace drydock::facts
