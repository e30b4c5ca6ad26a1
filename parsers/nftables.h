// nft(8) scripts such as /etc/nftables.conf: as much of them as says which chains see the packets of a hook
// and what happens to those that no rule takes. Rules are counted, not understood.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::nftables {

// A chain as one place of the script gives it: a block, or "add chain … { … }".
struct Chain {
  std::string family;  // "ip" (the default), "ip6", "inet", "arp", "bridge", "netdev"
  std::string table;
  std::string name;
  std::string type;    // "filter" …; empty: no base chain, nothing comes here by itself
  std::string hook;    // "input", "forward", "output" …
  std::string policy;  // "accept", "drop"; empty: not given, which means accept for a base chain
  // What the last rule does to everything that reaches it: "drop", "reject", "accept"; empty if it has a
  // condition or there is no rule.
  std::string last_verdict;
  size_t rules = 0;
  Span span;         // the name of the chain
  Span policy_span;  // the word behind policy, else the hook's line
};

// Takes away what precedes: "flush ruleset", "flush table ip filter", "delete table …", "destroy table …".
struct Flush {
  std::string family;  // empty: everything
  std::string table;
  bool chains_stay = false;  // "flush table": the rules go, chains and policies stay
  Span span;
};

// "include": a path, which may be a glob.
struct Include {
  std::string path;
  Span span;
};

using Entry = std::variant<Chain, Flush, Include>;

struct File {
  std::vector<Entry> entries;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; nft takes a script whole or not at all (effect `refused`):
//   unbalanced-brace     a '}' too many, or one is missing at the end
//   unterminated-string  a '"' without its partner in the line
//   too-deep             blocks nested deeper than 32
//   undefined-variable   "$name" without a define before it, where a chain's policy is
File parse(std::string_view text);

}  // namespace drydock::parsers::nftables
