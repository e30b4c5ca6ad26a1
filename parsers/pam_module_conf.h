// The configuration files of PAM modules, one "name = value" a line: faillock.conf(5),
// pwquality.conf(5), pwhistory.conf(5). The '=' may be missing, a '#' begins a comment anywhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::pam_module_conf {

struct Setting {
  std::string name;
  std::string value;  // empty for a switch: "enforce_for_root"
  Span span;          // from the name to the end of the value
  Span value_span;    // empty, behind the name, if there is no value
};

// Codes of syntax errors:
//   line-too-long  1023 bytes and more; pam_faillock skips the line, pwquality refuses the file
//                  (effect refused)
//   nul-byte       a NUL byte in the line (effect ignored)
struct File {
  std::vector<Setting> settings;  // in the order of the file; what the names mean, is not looked at
  SyntaxErrors errors;
};
File parse(std::string_view text);

}  // namespace drydock::parsers::pam_module_conf
