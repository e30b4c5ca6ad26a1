// The configuration files of PAM modules, one "name = value" a line: faillock.conf(5),
// pwquality.conf(5), pwhistory.conf(5). The '=' may be missing, a '#' begins a comment anywhere.
#pragma once

#include <cstdint>
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

// How the module reads lines.
enum class Lines : uint8_t {
  bounded,  // fgets(3) into 1024 bytes; a line that is longer, or has a NUL byte, ends the reading with an error
  any,  // pam_modutil_search_key(): any length, up to a NUL byte; each '=' behind the name is skipped
};

// Codes of syntax errors:
//   line-too-long  1023 bytes and more, of Lines::bounded
//   nul-byte       a NUL byte in the line; effect refused if the reading ends there
struct File {
  std::vector<Setting> settings;  // in the order of the file; what the names mean, is not looked at
  SyntaxErrors errors;
  // The reading ended before the end of the file: pam_faillock then answers an error whatever it is asked,
  // pwquality goes on with what was read.
  bool is_broken = false;
};
File parse(std::string_view text, Lines kind = Lines::bounded);

}  // namespace drydock::parsers::pam_module_conf
