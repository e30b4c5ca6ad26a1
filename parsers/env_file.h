// EnvironmentFile= of systemd.exec(5): "new-line-separated variable assignments", as systemd reads
// them. It looks like shell and is not: nothing is expanded, quotes may stand inside a value,
// "export" is no keyword.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::env_file {

// A piece of a value that stands in one line of the file as it is: the value's bytes from `offset`
// on begin at line and column.
struct Part {
  size_t offset = 0;
  uint32_t line = 0;
  uint32_t column = 0;
};

struct Assignment {
  std::string name;
  std::string value;  // unquoted
  Span span;          // from the name to the end of the value
  Span name_span;
  Span value_span;  // the value as written, with quotes; empty, behind the '=', if there is none
  std::vector<Part> parts;  // in the order of the value
};

// The place of the bytes [begin, end) of an assignment's value.
Span place(const Assignment& assignment, size_t begin, size_t end);

struct File {
  std::vector<Assignment>
      assignments;  // in the order of the file; of equal names the last one counts
  SyntaxErrors errors;
};

// Codes of syntax errors. systemd passes over these (effect `ignored`):
//   missing-equals      a line that is no assignment, or a name without a value at the end of the
//   file invalid-name        not a name that an environment variable may have ("export FOO"): it is
//   dropped unterminated-quote  the file ends inside quotes; what stands there is the value all the
//   same
// and refuses the whole file for these:
//   nul-byte            a NUL byte anywhere
//   invalid-utf8        a name or value that is not UTF-8
// Before v254 of systemd a comment went on with the next line if it ended in a backslash: `comment_goes_on`.
File parse(std::string_view text, bool comment_goes_on = false);

}  // namespace drydock::parsers::env_file
