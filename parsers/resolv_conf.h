// resolv.conf(5) as glibc reads it: a keyword in small letters at the very beginning of a line, then a blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::resolv_conf {

struct Entry {
  std::string value;
  Span span;        // the line, without the white space at its end
  Span value_span;  // the value alone
};

struct File {
  std::vector<Entry>
      name_servers;  // addresses as inet_ntop(3) writes them, a zone kept: "fe80::1%eth0";
                     // at most kNameServers
  std::vector<Entry>
      searches;  // of each "search" and "domain" its domains joined by a blank; the last counts
  std::vector<Entry>
      options;  // those glibc knows, as it takes them: "trust-ad", "ndots:15"; repeats too
  SyntaxErrors errors;
};

constexpr size_t kNameServers = 3;  // MAXNS

// Codes of syntax errors, of effect `ignored` but for the last:
//   unknown-keyword  a line that begins with none, or with white space before it
//   bad-address      a name server that is no address
//   surplus-server   a name server behind the third, which is never asked
//   unknown-option   a word behind "options"
//   endless-sortlist a sortlist with a carriage return, over which glibc (2.36) never ends (`refused`)
File parse(std::string_view text);

}  // namespace drydock::parsers::resolv_conf
