// Rows for people and programs.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/facts/store.h"

namespace drydock::cli {

// In aligned columns under their names; control characters shown as escapes; NULL is empty.
std::string rows_as_table(const facts::Store::Answer& answer);
// RFC 4180, with a header line and LF; NULL is empty.
std::string rows_as_csv(const facts::Store::Answer& answer);
// A JSON array of objects; bytes that are no UTF-8 become U+FFFD.
std::string rows_as_json(const facts::Store::Answer& answer);
// `format` is table, csv or json.
std::string render_rows(const facts::Store::Answer& answer, std::string_view format);

// `text` with control characters as \n, \t, \x1b …: safe to print on a terminal.
std::string printable(std::string_view text);

}  // namespace drydock::cli
