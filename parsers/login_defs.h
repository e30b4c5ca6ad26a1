// login.defs(5), the settings of the shadow tools: "NAME value" a line, as getdef.c of shadow 4.13
// cuts it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::login_defs {

struct Setting {
  std::string name;
  std::string value;  // to the end of the line, or the next quotation mark; a '#' is part of it
  Span span;          // from the name to the end of the value
  Span value_span;
};

// Codes of syntax errors, all of effect `ignored` (the line is skipped):
//   missing-value  a name alone
//   nul-byte       a NUL byte in the line
struct File {
  std::vector<Setting> settings;  // in the order of the file; the last one of a name counts
  SyntaxErrors errors;
};
File parse(std::string_view text);

}  // namespace drydock::parsers::login_defs
