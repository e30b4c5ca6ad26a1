// modules-load.d(5): kernel modules to load at boot, one a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::modules_load {

struct Module {
  std::string name;  // as written, blanks around it taken off
  Span span;
};

struct File {
  std::vector<Module> modules;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors (effect `ignored`): nul-byte, a NUL byte in the line.
File parse(std::string_view text);

}  // namespace drydock::parsers::modules_load
