// nsswitch.conf(5): where names are looked up, as glibc reads it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::nsswitch {

// What a source answers, and what the search does then.
enum class Status { success, notfound, unavail, tryagain };
enum class Action { go_on, give_back, merge };  // "continue", "return", "merge"
std::string_view name(Action action);

struct Source {
  std::string name;  // "files", "compat", "sss"
  Span span;
  // By Status.
  std::array<Action, 4> actions = {Action::give_back, Action::go_on, Action::go_on, Action::go_on};
};

// "database: source [STATUS=action] source …", the colon may be missing; comments are whole lines since glibc 2.33. Of several lines for one database the last counts.
struct Database {
  std::string name;
  std::vector<Source> sources;  // in their order
  Span span;
};

// Codes of syntax errors:
//   bad-action   no status, no action, or no end of a bracket: glibc uses no line of the file at all, and nobody is
//                found in any database of its own (effect `refused`)
//   no-source    a bracket with no source directly before it: the line ends here (ignored)
//   no-newline   the last line does not end: glibc skips it (ignored)
struct File {
  std::vector<Database> databases;  // in the order of the file
  SyntaxErrors errors;
  bool is_refused = false;  // glibc looks nothing up
};
File parse(std::string_view text);

}  // namespace drydock::parsers::nsswitch
