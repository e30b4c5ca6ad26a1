// nsswitch.conf(5): where names are looked up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::nsswitch {

// What the four statuses make glibc do; without a word on it success returns and the others go on.
enum class Action : uint8_t { go_on, stop, merge };
struct Actions {
  Action success = Action::stop;
  Action not_found = Action::go_on;
  Action unavailable = Action::go_on;
  Action try_again = Action::go_on;
};

struct Source {
  std::string name;  // "files", "compat", "sss"
  Span span;
  Actions actions = {};              // "[NOTFOUND=return]", "[!UNAVAIL=return SUCCESS=merge]"
  std::string written_actions = {};  // between the brackets; empty if there are none
};

// "database: source [STATUS=action] source …"; of several lines for one database the last counts.
struct Database {
  std::string name;
  std::vector<Source> sources;  // in their order
  Span span;
  // Its actions are none, or stand before the first source. glibc then looks nothing up, in no database, if it is one
  // of its own databases.
  bool is_broken = false;
};

// In the order of the file. A line without a colon is none to glibc, which says nothing either.
std::vector<Database> parse(std::string_view text);

}  // namespace drydock::parsers::nsswitch
