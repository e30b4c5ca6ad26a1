// Start-up files of Bourne shells, sh(1) and bash(1): which commands a script holds and under which
// conditions they are run. Nothing is run here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::shell {

struct Word {
  std::string raw;                  // as it is written, with quotes
  std::optional<std::string> text;  // without quotes; nullopt if the shell expands something in it
  Span span;
};

// NAME=value before or instead of a command.
struct Assignment {
  std::string name;
  Word value;
  Span span;
};

// What decides whether a command is run. `begin` to `end` are the commands of the condition.
struct Guard {
  enum class Kind : uint8_t {
    condition,  // if, elif, &&, ||: run if the commands end as `wanted`
    loop,       // while, until, for: run any number of times
    pattern,    // case: run if `subject` matches one of `patterns`
    function,   // run where the function is called
    subshell,   // what it sets is forgotten at its end
  };
  Kind kind = Kind::condition;
  bool wanted = true;
  size_t begin = 0;
  size_t end = 0;
  Word subject;
  std::vector<Word> patterns;
};

// "for variable in words".
struct Loop {
  std::string variable;
  std::vector<Word> words;
};

struct Command {
  enum class Joiner : uint8_t { first, and_then, or_else };
  Joiner joiner = Joiner::first;
  bool is_negated = false;
  std::vector<Assignment> assignments;
  std::vector<Word> words;     // the command and its arguments; redirections are left out
  std::vector<size_t> guards;  // indexes, from the outermost
  std::vector<size_t> loops;   // indexes of the for loops around it, from the outermost
  // Which of the file's complete commands it belongs to, counted from 0: the shell reads a line, or the lines of a
  // compound, at once, and an error that is not the command's own ends all of it.
  size_t complete = 0;
  Span span;
};

// Codes of syntax errors, all of effect `refused` (the shell stops reading the file there):
//   unfinished        a quote, a here-document, an if, a loop … that does not end
//   unexpected-token  a word or operator that cannot stand there
//   too-deep          more than 60 compounds inside each other
//   nul-byte          a NUL byte
struct File {
  std::vector<Command> commands;  // in the order of the file, those of conditions too
  std::vector<Guard> guards;
  std::vector<Loop> loops;
  SyntaxErrors errors;
};
File parse(std::string_view text);

// Takes quotes off: nullopt if the shell expands something in the word.
std::optional<std::string> unquote(std::string_view raw);

}  // namespace drydock::parsers::shell
