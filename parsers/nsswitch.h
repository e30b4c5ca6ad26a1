// nsswitch.conf(5): where names are looked up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::nsswitch {

struct Source {
  std::string name;  // "files", "compat", "sss"
  Span span;
};

// "database: source [STATUS=action] source …"; of several lines for one database the last counts.
struct Database {
  std::string name;
  std::vector<Source> sources;  // in their order; actions are left out
  Span span;
};

// In the order of the file. A line without a colon is none to glibc, which says nothing either.
std::vector<Database> parse(std::string_view text);

}  // namespace drydock::parsers::nsswitch
