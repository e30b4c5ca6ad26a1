// Configuration files of one directive a line, a name and what belongs to it: chrony.conf(5), ntp.conf(5),
// main.cf (postconf(5)), /etc/selinux/config, ufw.conf, hosts_access(5) …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::directives {

// How a program reads its lines.
struct Style {
  std::string_view comments = "#";  // characters that begin a comment at the beginning of a line
  bool inline_comments = false;     // a '#' behind white space begins one too
  char separator = ' ';             // between name and value: ' ' for white space, '=' or ':'
  bool leading_space_continues = false;  // postconf(5): a line that begins with white space
  bool backslash_continues = false;      // a '\' at the end of a line
  bool quotes = false;                   // quotes around a whole value are taken off
};

struct Directive {
  std::string name;  // as written
  std::string
      value;        // white space around it taken off; lines of a continuation joined with a blank
  Span span;        // from the name to the end of the value
  Span value_span;  // the value; empty, behind the name, if there is none
};

struct File {
  std::vector<Directive> directives;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `ignored`; the line is skipped:
//   missing-separator  a line without '=' or ':' where the style wants one
//   empty-name         nothing before it
//   nul-byte           a NUL byte in the line
File parse(std::string_view text, const Style& style);

}  // namespace drydock::parsers::directives
