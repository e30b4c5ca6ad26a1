// The defaults for new accounts: /etc/default/useradd (useradd(8)) and adduser.conf(5); and shells(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::new_accounts {

struct Assignment {
  std::string name;
  std::string value;
  Span span;  // from the name to the value
  Span value_span;
};

// NAME=value lines as useradd takes them: the name stands at the start of the line and directly before '=', the
// value is the rest of the line with its blanks and quotation marks. Other lines it does not look at.
std::vector<Assignment> parse_useradd(std::string_view text);

// NAME=value lines as adduser takes them: blanks around both do not count, quotation marks around the value are
// taken off.
std::vector<Assignment> parse_adduser(std::string_view text);

struct Shell {
  std::string path;
  Span span;
};

// getusershell(3): the first word of a line from its first '/' on; '#' begins a comment.
std::vector<Shell> parse_shells(std::string_view text);

}  // namespace drydock::parsers::new_accounts
