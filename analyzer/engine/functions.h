// The SQL functions that rules have besides SQLite's own, and the table `parameter`.
#pragma once

#include "analyzer/base/result.h"
#include "analyzer/engine/compare.h"

struct sqlite3;

namespace drydock::engine {

// Registers regexp (X REGEXP Y), octal, mode, basename, parent, under, has_word and version_compare on a
// connection.
Result<void> add_text_functions(sqlite3* db);

// Registers those and the table-valued function
// parameter(name) on a connection, and takes from trim, ltrim and rtrim their second argument
// (their cost is the product of both lengths, in one call that no deadline interrupts). `*current`
// is what parameter() shows; it is looked at when a query runs and must outlive the connection's
// use.
Result<void> add_functions(sqlite3* db, const Parameters* const* current);

// Functions a rule may call, sorted: those and the harmless ones of SQLite.
bool is_allowed_function(std::string_view name);

}  // namespace drydock::engine
