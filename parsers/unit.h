// systemd.syntax(7): unit files and systemd's other configuration files: "[Section]" headers and
// "Key=value" assignments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::unit {

// A piece of a value that stands on one line: the value's bytes from `offset` on are the text at
// `span`.
struct Part {
  size_t offset = 0;
  Span span;
};

// One "Key=value", also an empty one ("Key=", which resets lists). Nothing is merged here.
struct Assignment {
  std::string section;  // "Service"
  std::string key;      // "ExecStart"; case-sensitive
  // As systemd sees it: the lines of a continuation joined with a blank for each "\<newline>",
  // comment lines inside left out, white space around taken off. Not unquoted: see split_words.
  std::string value;
  Span span;          // from the key to the end of the value, over all its lines
  Span section_span;  // the "[Section]" header it stands under
  Span key_span;
  Span value_span;          // the value over all its lines; empty, behind the '=', if there is none
  std::vector<Part> parts;  // one for each line of the value
};

// The place of the bytes [begin, end) of an assignment's value; over several lines if they are.
Span place(const Assignment& assignment, size_t begin, size_t end);

struct File {
  std::vector<Assignment> assignments;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors. systemd skips these and warns (effect `ignored`):
//   outside-section   an assignment before any section header
//   unknown-section   a section that the file's type does not have; its assignments are left out.
//   The
//                     sections "X-…" are left out too, silently: they are for other programs
//   missing-equals    a line without '='
//   empty-key         nothing before the '='
// With these it stops and refuses the file (effect `refused`); what precedes is kept, and counts if
// the file is a drop-in:
//   bad-section       a section header without ']' or with quotes, backslashes or control
//   characters invalid-utf8      a line that is not UTF-8 line-too-long     a line, or the lines of
//   a continuation together, longer than 1 MiB
//
// As systemd has it, a CR or a NUL byte ends a line too. `sections` are the sections the file may
// have; empty: any. A unit's are sections_of(type).
File parse(std::string_view text, const std::vector<std::string_view>& sections = {});

// The sections of a unit file by its type, the suffix without the dot: "service" -> Unit, Service,
// Install (systemd.unit(5)). Empty for what is no unit type.
std::vector<std::string_view> sections_of(std::string_view type);

// A word of a value, unquoted, and the bytes of the value it was made of (quotes included).
struct Word {
  std::string text;
  size_t begin = 0;
  size_t end = 0;
};

struct Words {
  std::vector<Word> words;
  // systemd ignores the whole setting then: "unbalanced quote", "a backslash at the end".
  std::optional<std::string> error;
};

// Splits a value at white space, with quotes taken off and C escapes decoded: systemd.syntax(7)
// "Quoting". An escape systemd does not know is kept as it is written.
Words split_words(std::string_view value);

// One command of ExecStart= and the like (systemd.service(5) "Command lines").
struct Command {
  std::string prefixes;     // of "@-:+!" as they were written before the program
  std::vector<Word> words;  // the program and its arguments; with '@' the second is argv[0]
};

struct Commands {
  std::vector<Command> commands;  // several are separated by a ";" of its own
  std::optional<std::string> error;
};

// The commands of a value; empty for an empty value, which resets the list.
Commands split_commands(std::string_view value);

// The one meaning of a boolean (systemd.syntax(7)): 1 yes y true t on, 0 no n false f off, in any
// case.
std::optional<bool> boolean(std::string_view value);

}  // namespace drydock::parsers::unit
