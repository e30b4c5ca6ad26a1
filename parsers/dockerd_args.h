// The command line of dockerd, as its flag library (spf13/pflag) reads it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::dockerd_args {

// One flag of dockerd(8), with the names it has elsewhere.
struct Flag {
  std::string_view name;  // "host": what follows "--"
  char shorthand = 0;     // 'H'; 0 if there is none
  bool is_boolean = false;
  bool is_list = false;       // may be given several times
  std::string_view key = {};  // in daemon.json; empty: the same as name
  std::string_view config_key() const { return key.empty() ? name : key; }
};

// Every flag of dockerd 1.12 to 29, also those that are deprecated.
std::span<const Flag> flags();
// By its long name; null if dockerd has no such flag.
const Flag* find_flag(std::string_view name);
// By its key in daemon.json ("hosts", and also "graph"); null if there is none.
const Flag* find_key(std::string_view key);

// A word of the command line, unquoted and expanded, and where it comes from.
struct Word {
  std::string text;
  Span span;
};

struct Option {
  const Flag* flag = nullptr;
  std::string value;  // of a boolean flag "true" or "false"
  Span span;          // the flag and its value, if both stand in one line; else the flag
  Span value_span;    // the value alone; of a boolean flag without value, the flag
  size_t word = 0;    // the words that the flag and its value stand in
  size_t value_word = 0;
};

struct CommandLine {
  std::vector<Option> options;  // in the order of the command line
  SyntaxErrors errors;
};

// Codes of syntax errors; dockerd does not start with any of them (effect `refused`):
//   unknown-flag     --no-such, -Z
//   missing-value    the last word is a flag that needs a value
//   bad-boolean      --icc=maybe
//   bad-flag         --=x, -=x, ---x
//   argument         a word that is no flag: dockerd takes none. "--icc false" is one: a boolean
//   flag takes
//                    its value only after '='
// `arguments` are the words after the program. Reading goes on behind a mistake.
CommandLine parse(std::span<const Word> arguments);

}  // namespace drydock::parsers::dockerd_args
