// What start-up files of csh(1) and tcsh(1) set: the few commands that decide how long an idle shell stays and which
// modes new files get. No expression is worked out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::csh {

struct Setting {
  std::string name;          // of a shell variable, or "umask"
  std::string value;         // unquoted; empty behind "unset", and for "set name" without a value
  bool is_readonly = false;  // set -r
  bool is_conditional =
      false;  // inside if, foreach, while or switch, or behind "if (…)" on one line
  Span span;
  Span value_span;
};

// `set`, `unset` and `umask`, in the order of the file; one command a line or between ';'. Lines are continued by a
// backslash, '#' begins a comment. Nothing is a syntax error: what is not known is passed over.
std::vector<Setting> parse(std::string_view text);

}  // namespace drydock::parsers::csh
