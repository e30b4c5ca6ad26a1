// Configuration of apt: apt.conf(5), "a tree" of named values in the style of bind's named.conf.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::apt_conf {

struct Setting {
  // "APT::Get::AllowUnauthenticated"; of an element of a list with the "::" at its end:
  // "Unattended-Upgrade::Allowed-Origins::".
  std::string name;
  std::string value;
  bool clear = false;  // "#clear NAME;": forget it and all below it
  Span span;           // from the first byte of what is written here to its ';'
  Span value_span;
};

struct File {
  std::vector<Setting> settings;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; apt stops at each with an error (effect `refused`), the rest is read where it can be:
//   unexpected    a brace, a quote or a ';' where none may stand
//   unterminated  the file ends within a value, a block or a comment
//   too-deep      more than 16 blocks inside each other: nothing more is read
//   not-followed  "#include": it is not read (effect `refused`, for it might set anything)
File parse(std::string_view text);

}  // namespace drydock::parsers::apt_conf
