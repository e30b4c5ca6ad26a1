// /etc/default/grub and /etc/default/grub.d/*.cfg: assignments that grub-mkconfig's shell reads (GRUB manual,
// "Simple configuration handling"). Only assignments are read: what a command decides is not known.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::grub_default {

struct Piece {
  enum class Kind : uint8_t { text, variable, command };
  Kind kind = Kind::text;
  std::string text;  // the text without quotes; the variable's name; the command
  // variable: of ${NAME:-fallback} and ${NAME:+fallback}; text and plain variables.
  std::vector<Piece> fallback;
  bool has_fallback = false;
  bool if_set =
      false;  // "+": the fallback stands for a variable that is set; else for one that is not
  bool empty_is_set = false;  // no ':': an empty value is one
  size_t offset = 0;  // where the piece begins in the file; of text, where its first byte stands
};

struct Assignment {
  std::string name;
  bool appends = false;         // NAME+=…, which dash takes for the name of a command
  bool unsets = false;          // "unset NAME"
  bool is_conditional = false;  // inside if, case, a loop, a function, parentheses, or
                                // behind && or ||
  std::vector<Piece> pieces;
  Span span;  // from the name to the end of the value
  Span name_span;
  Span value_span;
};

struct File {
  std::vector<Assignment> assignments;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors:
//   command             a command that is no assignment: what it does is not known (effect `ignored`)
//   unterminated-quote  the file ends inside quotes or a command: the shell refuses it (effect `refused`)
//   nul-byte            a NUL byte (effect `refused`)
File parse(std::string_view text);

}  // namespace drydock::parsers::grub_default
