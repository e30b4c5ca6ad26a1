// sshd_config(5): "keyword argument…" lines, Match blocks and Include.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/ssh_line.h"
#include "parsers/syntax_error.h"

namespace drydock::parsers::sshd_config {

// What the value of a keyword looks like.
enum class Value : uint8_t {
  text,            // one argument, as it is written
  words,           // one or more arguments
  command,         // the rest of the line, quotes and all
  program,         // the same, the full path of a program before it, or none
  path,            // one argument; sshd, which runs in /, makes it a full path; none
  flag,            // yes, no
  number,          // a decimal number from 0 to 2147483647
  number_or_none,  // the same, or none
  time,            // seconds, or "1h30m" (sshd_config(5) "TIME FORMATS")
  time_or_none,    // the same, or none
  word,            // one of Keyword::choices
  algorithms,      // a comma-separated list, after '+', '-' or '^' a change to the default
  gss_exchanges,   // a comma-separated list of names of RFC 4462 and RFC 8732
  port,            // a number from 1 to 65535, or ssh
  address,         // a host or an address, perhaps with a port
  users,           // patterns, behind an '@' those of hosts
  groups,          // patterns
  names,           // names of variables of the environment, with wildcards
  assignments,     // NAME=value
  subsystem,       // a name and a command
  methods,         // comma-separated lists of ways to log in, or any
  forwards,        // HOST:PORT, or any or none
  listens,         // [HOST:]PORT, or any or none
  precedences,     // one or two names or numbers of RFC 2474
  rekey,           // an amount of data, "512M" or default, and perhaps a time
  startups,        // BEGIN:RATE:FULL or a number
  bits,            // IPV4[:IPV6], lengths of prefixes
  mask,            // an octal number to 0777
  key_options,     // none, touch-required, verify-required
  timeouts,        // TYPE=TIME, or none
  refused,         // sshd for Linux knows the keyword and takes no value
  ignored,         // sshd of today warns and goes on: deprecated, or not built in
};

struct Keyword {
  std::string_view name;  // in lower case; aliases have the name they stand for
  Value value;
  bool accumulates;  // each line adds to it; else the first line counts, of few (IPQoS) the last
  bool in_match;     // allowed in a Match block (Subsystem since 9.5)
  // Of Value::word: "written" or "written=meant", separated by blanks, in lower case.
  std::string_view choices;
};

// The keyword in any case, also by an old name (ChallengeResponseAuthentication); nullptr: sshd refuses it.
const Keyword* keyword(std::string_view written);

using Argument = ssh_line::Argument;

// One criterion of a Match line.
struct Criterion {
  std::string attribute;  // in lower case: "user", "group", "host", "address", "all" …
  std::vector<std::string>
      patterns;  // as they are written between commas, a negated one with its '!'
  Span span;
};

struct Line {
  std::string
      keyword;  // the name of Keyword, or in lower case as it is written if sshd does not know it
  std::string written;  // as it is written
  std::vector<Argument> arguments;
  std::string rest;  // of Value::command and Value::program the value: all behind the keyword
  size_t match =
      0;  // 0: before any Match of this file; else the 1-based number of the Match line it is under
  Span span;  // from the keyword to the last argument
  Span keyword_span;
  Span value_span;  // the arguments; empty behind the keyword if there are none
};

struct Match {
  std::vector<Criterion> criteria;  // all must be met; `all` stands alone
  std::string header;  // as it is written, blanks made one: "User ci,!bob Address 10.0.0.0/8"
  Span span;
};

struct File {
  std::vector<Line> lines;  // in the order of the file, with Include, without Match
  std::vector<Match> matches;
  SyntaxErrors errors;
};

// Codes of syntax errors. With each of these sshd refuses to start (effect `refused`):
//   unknown-keyword    a keyword sshd does not know
//   missing-argument   no argument behind the keyword
//   extra-argument     more than one argument for a keyword that takes one
//   bad-quotes         a quote that is not closed
//   bad-value          not yes or no, no number, no time, none of the words it may be
//   bad-match          a criterion that is not known, one without a pattern, `all` beside others, an
//                      address or a port that is none
//   defined-twice      a second Subsystem of the same name outside of blocks
//   not-in-match       a keyword that may not stand in a Match block
//   nul-byte           a NUL byte: sshd joins the next line to this one
// and of effect `ignored`:
//   deprecated         sshd warns and skips the line
//
// Reads no further than `most` lines and blocks: a caller that takes N asks for N + 1.
File parse(std::string_view text, size_t most = SIZE_MAX);

// The meaning of a line's value as sshd -T prints it: 5m -> 300, prohibit-password -> without-password, "1G 1h" ->
// "1073741824 3600" for RekeyLimit; of several arguments all, separated by one blank; nullopt: sshd refuses it.
// Algorithms and addresses are left as they are written.
std::optional<std::string> meaning(const Keyword& keyword, const Line& line);

}  // namespace drydock::parsers::sshd_config
