// rsyslog.conf(5): "$Directive value" lines, RainerScript objects "action(type="omfwd" …)" and selector
// lines "facility.priority action", with what they say about where logs come from and go to. Expressions and
// templates are read only to know where they end.
//
// rsyslogd joins lines that end in "\" first and reads the rest as one grammar: a mistake in it ends the reading,
// so that nothing behind it counts, nor the block in which it stands; a character that means nothing does not.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::rsyslog {

// "$FileCreateMode 0640".
struct Legacy {
  std::string name;  // lower case: directives are "case-insensitive"
  std::string value;
  Span span;
  Span value_span;
};

struct Parameter {
  std::string name;  // lower case
  std::string
      value;  // without the quotes and escapes; the strings of an array are joined with blanks
  Span span;
  Span value_span;  // without the quotes
  bool is_array = false;
};

// "input(type="imtcp" port="514")"; also one at the end of a selector line.
struct Object {
  std::string kind;  // lower case: "action", "input", "module", "global", "include" …
  std::vector<Parameter> parameters;
  Span span;

  // The parameter of that name, of several the last; nullptr if there is none.
  const Parameter* find(std::string_view name) const {
    for (size_t i = parameters.size(); i-- > 0;)
      if (parameters[i].name == name) return &parameters[i];
    return nullptr;
  }
  // Its value; empty if there is none.
  std::string_view value(std::string_view name) const {
    const Parameter* p = find(name);
    return p ? std::string_view(p->value) : std::string_view();
  }
};

// "*.* @@loghost:6514", "auth.* -/var/log/auth.log", ":msg, contains, "x" ~", "& ~".
struct Selector {
  std::string filter;  // empty if the action stands by itself, as in a block
  std::string action;  // "@@loghost:6514", "-/var/log/auth.log": to the end of the line
  Span span;
  Span action_span;
};

using Statement = std::variant<Legacy, Object, Selector>;

struct File {
  std::vector<Statement> statements;  // in the order in which rsyslogd comes to them
  SyntaxErrors errors;
  bool ends_reading = false;  // by a mistake: rsyslogd reads neither the rest nor any file after it
};

// Codes of syntax errors; what is marked with * ends the reading, the rest is ignored:
//   syntax-error *        not what the grammar wants at this place
//   too-deep *            blocks or brackets one in another, more than 64
//   bad-character         a character that begins nothing
//   nul-byte              a NUL byte in the line (effect `refused`): what rsyslogd makes of the file is not told
File parse(std::string_view text);

}  // namespace drydock::parsers::rsyslog
