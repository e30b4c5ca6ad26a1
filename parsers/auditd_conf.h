// auditd.conf(5): the configuration of the audit daemon, one "keyword = value" a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::auditd_conf {

struct Setting {
  std::string key;    // lower case: "All option names and values are case insensitive."
  std::string value;  // as written, with what follows it on the line: "exec /usr/local/sbin/rotate"
  Span span;          // from the keyword to the end of the value
  Span value_span;
};

struct File {
  std::vector<Setting> settings;  // in the order of the file; the last of a keyword counts
  SyntaxErrors errors;
};

// Codes of syntax errors. auditd refuses to start on all but those marked *.
//   missing-equals     no '=' as the second word
//   missing-value      nothing behind the '='
//   extra-word         more than one word behind the '='; only *_action takes two, and more there is ignored
//   unknown-keyword    auditd.conf(5) has no such keyword
//   bad-value          not one of the words the manual lists, no number, out of range, or a program without its path
//   long-line *        more than 160 bytes: auditd skips the line
//   nul-byte *         a NUL byte: auditd does not see what follows on the line
File parse(std::string_view text);

// The keywords of auditd.conf(5) with the value that counts when a file has none; an empty one:
// there is none ("tcp_listen_port"), or the manual names none.
struct Default {
  std::string_view key;
  std::string_view value;
};
std::vector<Default> defaults();

// The one spelling of a value: in lower case where the manual lists the words; of an action without the
// program behind "exec".
std::string normal_value(std::string_view key, std::string_view value);

}  // namespace drydock::parsers::auditd_conf
