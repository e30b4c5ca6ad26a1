// access.conf(5): who may log in from where, as pam_access(8) reads it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::access_conf {

// "permission:users:origins". The first entry that matches decides; nobody who matches none is refused.
struct Entry {
  bool allows = false;
  // The items separated by one blank: "ALL EXCEPT (wheel) root"; a blank in one is "\040", a tab "\011".
  std::string users;
  std::string origins;  // the same: "10.0.0.0/8 LOCAL"
  Span span;
  Span permission_span, users_span, origins_span;
};

// Codes of syntax errors, all of effect `ignored` (pam_access skips the line):
//   missing-field   fewer than three fields, or an empty one
//   bad-permission  the first field begins with neither '+' nor '-'; a blank before it counts
//   no-newline      the last line ends without a newline: pam_access skips it
//   line-too-long   8192 bytes and more: pam_access skips them, and takes what is behind them as a line of its own
//   nul-byte        a NUL byte in the line
struct File {
  std::vector<Entry> entries;  // in the order of the file
  SyntaxErrors errors;
};

// Any of these characters: the module's fieldsep= and listsep=.
struct Separators {
  std::string fields = ":";
  std::string lists = ", \t";
  friend auto operator<=>(const Separators&, const Separators&) = default;
};
File parse(std::string_view text, const Separators& separators = {});

// Does a list of users or of origins match somebody whom it does not name: "ALL", also in front of EXCEPT, but not
// behind it (list_match() of the module)?
bool matches_anybody(std::string_view list);

}  // namespace drydock::parsers::access_conf
