// rsyslog.conf(5): "$Directive value" lines, RainerScript objects "action(type="omfwd" …)" and selector
// lines "facility.priority action", with what they say about where logs come from and go to. Expressions
// and templates are passed over.
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
  std::string value;
  Span span;
  Span value_span;  // without the quotes
};

// "input(type="imtcp" port="514")"; also one at the end of a selector line.
struct Object {
  std::string kind;  // lower case: "action", "input", "module", "global", "include" …
  std::vector<Parameter> parameters;
  Span span;

  // The value of a parameter; empty if it has none of that name.
  std::string_view value(std::string_view name) const {
    for (const Parameter& p : parameters)
      if (p.name == name) return p.value;
    return {};
  }
};

// "*.* @@loghost:6514", "auth.* -/var/log/auth.log", ":msg, contains, "x" ~".
struct Selector {
  std::string filter;
  std::string action;  // "@@loghost:6514", "-/var/log/auth.log"
  Span span;
  Span action_span;
};

using Statement = std::variant<Legacy, Object, Selector>;

struct File {
  std::vector<Statement> statements;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; rsyslogd goes on without the statement (effect `ignored`):
//   unterminated-object   a "(" without its ")"
//   unterminated-string   a quote without its partner
//   bad-parameter         not name="value"
//   nul-byte              a NUL byte: rsyslogd does not see what follows on the line
File parse(std::string_view text);

}  // namespace drydock::parsers::rsyslog
