// logrotate.conf(5): options for all logs, and blocks of log files with options of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::logrotate {

// An option outside all blocks: it counts for the blocks below it, until the next that says the same.
struct Option {
  std::string name;  // as written: names are case-sensitive
  std::string value;
  Span span;        // from the name to the end of the value
  Span value_span;  // the value; empty, behind the name, if there is none
};

// "/var/log/a /var/log/b { … }".
struct Block {
  std::string logs;  // the names as written, with one blank between
  Span span;         // of the names
  size_t before;     // the number of options of File that stand above it
  std::vector<Option> options;
};

struct File {
  std::vector<Option>
      options;  // in the order of the file; several may share a line: "daily compress"
  std::vector<Block> blocks;  // without those that logrotate leaves out
  SyntaxErrors errors;
};

// Codes of syntax errors. Of effect `ignored`: logrotate leaves out the word, the line or the block.
//   unknown-option     a word that is no option; the rest of its line is left out
//   text-after-block   something else than a line's end behind '}'
//   bad-block          a mistake in a block, which is left out
//   missing-value      an option without its value, which logrotate does without
// Of effect `refused`: logrotate reads no further; an included file it leaves out as a whole.
//   bad-value          a value that is no number or no size, or none where one must be
//   bad-word           a line that begins with neither an option nor a file name; a '}' too many; "daily}"
//   missing-block      names of files without '{'
//   missing-endscript  a script without its end
File parse(std::string_view text);

}  // namespace drydock::parsers::logrotate
