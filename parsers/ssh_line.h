// What ssh_config(5) and sshd_config(5) have in common: lines of "keyword argument…" and times.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/characters.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::ssh_line {

// One argument, unquoted.
struct Argument {
  std::string text;
  Span span;  // with its quotes
};

struct Line {
  std::string written;  // the keyword as it is written; empty if it is only quotes
  std::vector<Argument> arguments;
  std::string rest;  // all behind the keyword as it is written, for keywords that take a command
  Span span;         // from the keyword to the last argument
  Span keyword_span;
  Span value_span;  // the arguments; empty behind the keyword if there are none
};

// The line at [begin, end) of the text; nullopt: it is blank, a comment, or not readable. Adds to `errors`, all with
// effect `refused`:
//   missing-argument   no argument behind the keyword
//   bad-quotes         a quote that is not closed
//   nul-byte           a NUL byte: the program joins the next line to this one
std::optional<Line> read(std::string_view text, const LineIndex& lines, size_t begin, size_t end,
                         SyntaxErrors& errors);

// "TIME FORMATS" of sshd_config(5) as decimal seconds: 300 for 5m, 5400 for 1h30m; nullopt: no such time, or one
// of more than 2^31 - 1 seconds.
std::optional<std::string> seconds(std::string_view written);

// RekeyLimit: "512M" or default, and perhaps a time or none, as bytes and seconds: "536870912 3600", 0 where there is
// no limit; nullopt: none, or one of less than 16 bytes. Reads the first two arguments, of which one must be there.
std::optional<std::string> rekey_limit(const std::vector<Argument>& arguments);

// What a header of a block says of its arguments: as they are written, blanks made one, cut after 300 bytes. Each
// line of the block carries it, so it must not grow with the file.
std::string header(std::string_view word, const std::vector<Argument>& arguments,
                   std::string_view text, const LineIndex& lines);

// The keyword of a table that is meant by a word in any case, also by an old name; nullptr: none.
template <class Keywords, class Aliases>
auto find_keyword(const Keywords& keywords, const Aliases& aliases, std::string_view written)
    -> decltype(&keywords[0]) {
  std::string name = lower(written);
  for (const auto& [alias, meant] : aliases)
    if (name == alias) name = meant;
  for (const auto& known : keywords)
    if (known.name == name) return &known;
  return nullptr;
}

// Of "written=meant written …" the meaning of a word in any case; nullopt: none of them.
std::optional<std::string> choice(std::string_view choices, std::string_view word);

}  // namespace drydock::parsers::ssh_line
