// SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4): what was committed to a database and not
// yet copied into its file.
#pragma once

#include <string>
#include <string_view>

namespace drydock::parsers::sqlite_wal {

// Makes of a database file what a reader of both files sees: the last committed version of each page of the
// log, and no mark that says there is a log. What is no log, and frames after the first whose checksum is
// wrong, change nothing, as in SQLite. `database` grows by no more than `log` has pages.
void apply(std::string& database, std::string_view log);

}  // namespace drydock::parsers::sqlite_wal
