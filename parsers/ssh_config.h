// ssh_config(5), the client's: "keyword argument…" lines, Host and Match blocks, and Include.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/ssh_line.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::ssh_config {

using Argument = ssh_line::Argument;

// What the value of a keyword looks like.
enum class Value : uint8_t {
  text,        // one argument, as it is written
  words,       // one or more arguments
  command,     // the rest of the line, quotes and all
  flag,        // yes, no
  number,      // a decimal number
  time,        // seconds, or "1h30m", or none
  word,        // one of Keyword::choices
  algorithms,  // a comma-separated list, after '+', '-' or '^' a change to the default
  rekey,       // an amount of data, "512M" or default, and perhaps a time
  ignored,     // ssh of today skips the line: deprecated, or not built in
};

struct Keyword {
  std::string_view name;  // in lower case; aliases have the name they stand for
  Value value;
  bool accumulates;  // each line adds to it; else the first line counts
  // Of Value::word: "written" or "written=meant", separated by blanks, in lower case.
  std::string_view choices;
};

// The keyword in any case, also by an old name (ChallengeResponseAuthentication); nullptr: ssh refuses it.
const Keyword* keyword(std::string_view written);

struct Line {
  std::string keyword;  // the name of Keyword, or in lower case as it is written
  std::vector<Argument> arguments;
  std::string written;  // the value: the arguments, separated by one blank, or the command
  size_t block =
      0;      // 0: before any Host or Match of this file; else the 1-based number of the block
  Span span;  // from the keyword to the last argument
  Span value_span;
};

// A Host or Match line. ssh(1) compares its patterns with the name of the destination as it is typed.
struct Block {
  std::string header;   // as it is written, blanks made one: "Host web* !web1", "Match user ci"
  bool always = false;  // it holds for every destination: Host *, Match all, Match host *
  // It holds only when the configuration is read a second time, with the destination's final name:
  // "Match final", "Match canonical".
  bool final_pass = false;
  bool first_pass = false;  // it holds only the first time: "Match !final"
  // It makes ssh read the configuration a second time: "Match final".
  bool asks_final_pass = false;
  Span span;
};

struct File {
  std::vector<Line> lines;  // in the order of the file, with Include, without Host and Match
  std::vector<Block> blocks;
  SyntaxErrors errors;
};

// Codes of syntax errors. With each of these ssh refuses to start (effect `refused`), also where the block
// that the line stands in does not hold:
//   unknown-keyword    a keyword ssh does not know, and that IgnoreUnknown does not name
//   missing-argument   no argument behind the keyword
//   extra-argument     more than one argument for a keyword that takes one
//   bad-quotes         a quote that is not closed
//   bad-value          not yes or no, no number, no time, none of the words it may be
//   bad-match          a criterion that is not known, one without a pattern, `all` beside others
//   nul-byte           a NUL byte: ssh joins the next line to this one
// and of effect `ignored`:
//   deprecated         ssh skips the line
//
// `ignored` is the IgnoreUnknown list in force where the file is read; one in the file itself, outside of
// blocks, counts from there on.
//
// Reads no further than `most` lines and blocks: a caller that takes N asks for N + 1.
File parse(std::string_view text, std::string_view ignored = {}, size_t most = SIZE_MAX);

// The meaning of a value as `ssh -G` prints it: 5m -> 300, off -> false for StrictHostKeyChecking,
// "512M 1h" -> "536870912 3600" for RekeyLimit; nullopt: ssh refuses it. Algorithms are left as they are written.
std::optional<std::string> meaning(const Keyword& keyword, const Line& line);

// match_pattern(3) of OpenSSH: '*' and '?' in a pattern; the whole text has to match.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace drydock::parsers::ssh_config
