// /etc/hosts.allow and /etc/hosts.deny: hosts_access(5) with the options of hosts_options(5), as libwrap of Debian is
// built.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::hosts_access {

// "sshd, ftpd EXCEPT in.tftpd : 10.0.0.0/8 : spawn logger %a : DENY"
struct Rule {
  std::vector<std::string> daemons;  // with EXCEPT among them
  std::vector<std::string> clients;
  std::vector<std::string> options;  // without blanks around them
  Span span;                         // over all lines of a continuation
  Span clients_span;
};

struct File {
  std::vector<Rule> rules;  // in the order of the file; the first that matches counts
  // The last line has no newline: libwrap reads nothing of it and takes what came so far for an error, so that
  // /etc/hosts.deny then denies everybody. Line 0: it has one.
  Span unfinished;
  SyntaxErrors errors;
};

// Codes of syntax errors, all of effect `ignored`: libwrap passes over the line.
//   missing-colon    a line without ':'
//   missing-newline  the file ends inside of a line
//   nul-byte         a NUL byte, behind which libwrap reads nothing of the line
File parse(std::string_view text);

// Does the list match, with EXCEPT as it nests to the right? `matches` says it of one word.
template <class Matches>
bool list_matches(const std::vector<std::string>& list, Matches matches) {
  bool sign = true;
  for (size_t i = 0;; ++i) {
    bool is_met = false;
    for (; i < list.size() && list[i] != "EXCEPT"; ++i) is_met = is_met || matches(list[i]);
    if (!is_met) return !sign;
    if (i >= list.size()) return sign;
    sign = !sign;
  }
}

}  // namespace drydock::parsers::hosts_access
