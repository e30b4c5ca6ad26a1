// audit.rules(7): the control file that auditctl(8) -R reads, one command line for each line of the
// file.
//
// The grammar is that of the program, not of a shell: words are separated by spaces only (a tab
// belongs to its word), nothing is quoted, "\ " is a space in a word and "\\" a backslash, '#'
// starts a comment only as the first word of a line, and options are those of getopt_long(3) with
// its permutation. auditctl stops reading at the first line it refuses, unless an earlier line said
// -i or -c.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::audit_rules {

// auditctl(8) -a: which of the kernel's lists a rule goes to.
enum class List : uint8_t { task, exit, user, exclude, filesystem, io_uring };
std::string_view name(List list);  // "exit", "io_uring" …

// One -F or -C; a -p is the field "perm".
struct Field {
  std::string name;            // lower case, in its one spelling: "auid" for "loginuid" and "AUID"
  std::string op;              // "=", "!=", "<", "<=", ">", ">=", "&", "&="
  std::string value;           // as written; see normal_value()
  bool is_comparison = false;  // -C: `value` is the name of another field
  Span span;                   // "auid>=1000"
  Span value_span;
};

struct Syscall {
  std::string name;  // as written: a name, a number, "all"; empty for "-S ,", which selects none
  Span span;
};

// One -a, -A, -d, -w or -W with all that belongs to it.
struct Rule {
  bool is_watch = false;    // -w or -W
  bool is_removal = false;  // -d or -W
  bool is_prepended = false;
  List list = List::exit;
  bool is_always = true;  // else never
  // Of a watch, without slashes at its end. Whether it is one inode or a whole tree depends on what
  // auditctl finds there when it runs.
  std::string path;
  Span path_span;
  std::vector<Syscall> syscalls;  // in the order written; none: all of them
  std::vector<Field> fields;      // in the order written; without the key
  std::vector<std::string> keys;  // -k and -F key=

  const Field* field(std::string_view field_name) const;  // the last of that name, or null
};

enum class Kind : uint8_t {
  rule,
  delete_all,          // -D; `value`: the key of "-D -k KEY", else empty
  enabled,             // -e 0, 1, 2
  failure,             // -f 0, 1, 2
  backlog,             // -b
  rate,                // -r
  backlog_wait_time,   // --backlog_wait_time
  loginuid_immutable,  // --loginuid-immutable
  ignore_errors,       // -i
  continue_on_errors,  // -c
  other,               // -s, -l, -t, -q, --reset-lost …: nothing that changes which rules hold
  refused,             // auditctl stops here: `value` says why; an entry of `errors` says it too
};
std::string_view name(Kind kind);  // "rule", "delete-all", "enabled" …

struct Command {
  Kind kind = Kind::other;
  std::string value;  // of controls: as written
  Span span;  // the whole line, without blanks at its ends; "-f 1" alone if a line has several
  Span value_span;  // of controls: the value
  Rule rule;        // of Kind::rule
};

struct File {
  std::vector<Command> commands;  // in the order auditctl carries them out
  SyntaxErrors errors;
};

// Codes of syntax errors. Effect `refused`: auditctl stops reading there; `ignored` once -i or -c
// was given, and for those marked *.
//   missing-option     a word where an option is expected, a tab before one, an empty option
//   unknown-option     no option of auditctl(8), or one that a file may not have (-R)
//   missing-argument   an option without its value
//   misplaced-option   an option that needs another one before it, or cannot stand beside one
//   before it bad-value          no number, or out of range bad-list           no list,action pair;
//   a list or an action that there is not bad-path           not absolute, too long, or with a
//   trailing slash where the kernel takes none bad-permission     other letters than r, w, x, a, or
//   more than four bad-field          no field of that name, no operator, no value, or not allowed
//   on this list bad-syscall        an empty or malformed name in -S nul-byte *         a NUL byte:
//   auditctl does not see what follows on the line long-line *        more than kLineBytes:
//   auditctl reads the rest as another line
File parse(std::string_view text);

// fgets(3) in auditctl takes this many bytes as one line at most.
inline constexpr size_t kLineBytes = 6143;

// The one spelling of a field's value: "unset" for -1 and 4294967295 of user ids, decimal for 0x
// and octal numbers, sorted letters for perm, "b64"/"b32" for arch names of x86; anything else as
// it is.
std::string normal_value(std::string_view field, std::string_view value);

}  // namespace drydock::parsers::audit_rules
