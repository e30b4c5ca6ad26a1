// limits.conf(5): what pam_limits sets for a session, "domain type item value" a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::limits_conf {

struct Limit {
  std::string domain;  // user, @group, %group, uid and gid ranges, "*"
  std::string type;    // "soft", "hard" or "-" (both, or an item that has no type), in lower case
  std::string item;    // "core", "nofile" …, in lower case; "-": the domain has no limits at all
  std::string
      value;  // the number pam_limits takes, in decimals, or "unlimited"; a directory for chroot
  Span span;
  Span value_span;
};

// Codes of syntax errors, all of effect `ignored` (pam_limits skips the line, where nothing else is said):
//   missing-field  fewer than four fields ("domain -" is whole with two)
//   unknown-type   neither soft, hard nor -
//   unknown-item   no limit of this name
//   bad-value      neither begins with a number nor is unlimited, infinity, -1 or -
//   nul-byte       a NUL byte in the line: what stands behind it is not read
//   line-too-long  more than 1023 bytes: what stands behind them is read as a line of its own, the rest of a comment as
//                  well
struct File {
  std::vector<Limit> limits;  // in the order of the file
  SyntaxErrors errors;
};
File parse(std::string_view text);

}  // namespace drydock::parsers::limits_conf
