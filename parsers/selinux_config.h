// /etc/selinux/config as libselinux reads it (selinux_config(5)): the mode by selinux_getenforcemode(3), the policy by
// selinux_getpolicytype(3), which do not agree on what a line may look like.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::selinux_config {

struct Setting {
  std::string name;   // "SELINUX" or "SELINUXTYPE"
  std::string value;  // a mode in small letters without what follows it; a policy
  Span span;
  Span value_span;
};

struct File {
  // In the order of the file. Of SELINUX the first counts, of SELINUXTYPE the last.
  std::vector<Setting> settings;
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `ignored`:
//   bad-line  a line that looks like SELINUX=, but begins with a blank, has one before '=', is not in capitals or
//             names no mode
File parse(std::string_view text);

}  // namespace drydock::parsers::selinux_config
