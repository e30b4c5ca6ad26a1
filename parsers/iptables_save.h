// The format of iptables-save(8) and iptables-restore(8), as in /etc/iptables/rules.v4: as much of it as
// says what happens to packets that no rule takes, with the rules as words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::iptables_save {

struct Chain {
  std::string table;   // "filter", "nat" …
  std::string name;    // "FORWARD"
  std::string policy;  // "ACCEPT", "DROP"; "-" for a chain that is not built in
  size_t rules = 0;
  std::string
      last_verdict;  // the target of the last rule if it has no condition: "DROP", "REJECT" …
  Span span;         // the line
  Span policy_span;
  std::vector<std::pair<std::string, Span>> earlier;  // policies that count no longer
};

// "-A INPUT -p tcp --dport 22 -j ACCEPT".
struct Rule {
  std::string table;
  std::string chain;
  std::vector<std::string> words;  // behind the chain, without quotes
  bool at_front = false;           // -I
  Span span;
};

struct File {
  std::vector<Rule> rules;    // in the order of the file
  std::vector<Chain> chains;  // in the order of the file; a name stands once in a table
  SyntaxErrors errors;
};

// Codes of syntax errors; iptables-restore stops at the first one and does not commit the table (effect
// `refused`):
//   outside-table     a chain or a rule before any "*table"
//   bad-chain         a ":" line without a policy
//   unknown-line      a line of no known form
//   too-many-rules    more than 100000 rules; the others are left out
//   missing-commit    a table without COMMIT is never applied
File parse(std::string_view text);

}  // namespace drydock::parsers::iptables_save
