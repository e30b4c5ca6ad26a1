// SQLite databases of the artifact.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "analyzer/base/random_bytes.h"

namespace drydock::facts {

// The values of one row as text or bytes; NULL is empty. Valid during the call.
using SqliteRow = std::span<const std::string_view>;

// Hands the rows of `sql`, which may read the table `table` only, to `visit` until that returns false. Gives an
// empty text, or what is wrong with the database. A database is never trusted: nothing of its schema is run,
// it is read through `database` page by page, and what would take long or a temporary file ends as an error.
std::string sqlite_rows(RandomBytes& database, std::string_view table, const std::string& sql,
                        const std::function<bool(SqliteRow)>& visit);

}  // namespace drydock::facts
