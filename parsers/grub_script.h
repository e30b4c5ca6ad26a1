// The script of GRUB's configuration (grub.cfg): GRUB manual, "Shell-like scripting". Read, not run: what runs
// it is facts/collect/grub_run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::grub_script {

// A part of a word: text as it stands, or a variable ("${name}", "$1", "$@").
struct Piece {
  bool is_variable = false;
  bool is_quoted = false;  // an unquoted variable is split at blanks
  std::string text;        // the text without quotes, or the variable's name
};

struct Word {
  std::vector<Piece> pieces;
  Span span;
  // The text, if no variable is in it.
  std::string literal() const;
};

struct Statement {
  enum class Kind : uint8_t {
    command,   // words, and a block if one stands behind them in braces (menuentry, submenu)
    if_,       // parts: condition, body, condition, body …, and a last body without a condition
    loop,      // while, until: parts: condition, body
    for_,      // words: the name and the values; parts: body
    function,  // words: the name; parts: body
  };
  Kind kind = Kind::command;
  bool until = false;  // loop: until
  bool has_block = false;
  std::vector<Word> words;
  std::vector<std::vector<Statement>> parts;
  Span span;  // from the first word to the last
};

struct File {
  std::vector<Statement> statements;
  SyntaxErrors errors;
};

// Nested blocks that are read; what lies deeper is an error.
inline constexpr int kDepth = 40;

// Codes of syntax errors, all of effect `refused`: GRUB runs nothing of a file it cannot parse.
//   unexpected-word     a keyword or brace that has no place here: "fi" without "if"
//   unterminated-block  the end of the file inside if, while, for, function or braces
//   unterminated-quote  the end of the file inside quotes
//   too-deep            blocks in blocks, more than kDepth
//   nul-byte            a NUL byte
File parse(std::string_view text);

}  // namespace drydock::parsers::grub_script
