// grubenv: the block in which GRUB keeps variables between starts (GRUB manual, "The GRUB environment block").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::grub_env {

struct Variable {
  std::string name;
  std::string value;  // "\\\\" and "\\\n" decoded
  Span span;
};

struct File {
  std::vector<Variable> variables;  // in the order of the file; of equal names the last one counts
  SyntaxErrors errors;
};

// Codes of syntax errors (effect `refused`): bad-signature, the text does not begin with
// "# GRUB Environment Block".
File parse(std::string_view text);

}  // namespace drydock::parsers::grub_env
