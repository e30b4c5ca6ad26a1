// RPM's databases of installed packages that are no SQLite file: their records, each the header of a
// package (rpm_header.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "analyzer/base/random_bytes.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::rpm_database {

// Gets one header; the view ends with the call. False stops.
using Visit = std::function<bool(std::string_view header)>;

// Which database this is, by its magic number.
enum class Format : uint8_t {
  unknown,
  sqlite,  // rpmdb.sqlite: for SQLite to read
  ndb,     // Packages.db: SUSE's
  bdb,     // Packages: a hash of Berkeley DB, before RPM 4.16
};
Format format_of(RandomBytes& content);

// Hands over every header of an ndb or bdb database, in the order of the file. Codes of syntax errors;
// RPM calls the database damaged then (effect `refused`), the other records are read all the same:
//   not-a-database   it is neither, or its first page makes no sense
//   broken-record    a record lies outside the file, its parts do not fit together, or it has more than
//                    limits::kFileContent bytes
// They stand at line 1, column 1: the file has no lines. The message names the byte.
SyntaxErrors read(RandomBytes& content, const Visit& visit);

}  // namespace drydock::parsers::rpm_database
