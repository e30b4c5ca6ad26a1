// nft(8) scripts such as /etc/nftables.conf: as much of them as says which chains see the packets of a hook
// and what happens to those that no rule takes, with the rules as words.
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

// A rule of a chain: its words with sets opened and what was defined put in: "tcp", "dport", "{", "22", ",",
// "80", "}", "accept". A named set stays "@name".
struct Rule {
  std::string family;
  std::string table;
  std::string chain;
  std::vector<std::string> words;  // strings without their quotes; at most 4096
  bool at_front = false;           // "insert rule"
  Span span;
};

// "set name { … elements = { … } }" of a table: the elements as words, without commas.
struct Set {
  std::string family;
  std::string table;
  std::string name;
  std::vector<std::string> elements;  // at most 4096
  Span span;
};

// Takes away what precedes: "flush ruleset", "flush table ip filter", "flush chain ip filter input", "delete
// table …", "destroy chain …".
struct Flush {
  std::string family;  // empty: everything
  std::string table;
  std::string chain;         // empty: all of the table
  bool chains_stay = false;  // "flush table": the rules go, chains and policies stay
  Span span;
};

// "include": a path, which may be a glob.
struct Include {
  std::string path;
  Span span;
};

using Entry = std::variant<Chain, Flush, Include, Rule, Set>;

struct File {
  std::vector<Entry> entries;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; nft takes a script whole or not at all (effect `refused`):
//   unbalanced-brace     a '}' too many, or one is missing at the end
//   unterminated-string  a '"' without its partner in the line
//   too-deep             blocks nested deeper than 32
//   too-many-rules       more than 100000 rules, or 1000000 words in them; the others are left out
//   undefined-variable   "$name" without a define before it, where a chain's policy is
File parse(std::string_view text);

}  // namespace drydock::parsers::nftables
