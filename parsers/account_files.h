// The account databases, one record of colon-separated fields a line: passwd(5), shadow(5),
// group(5), gshadow(5), subuid(5) and subgid(5). What counts as a record is what glibc's "files"
// source accepts (nsswitch.conf(5)), for it decides who may log in; what pwck(8) and grpck(8) would
// complain about besides is a syntax error too, of a record that is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::account_files {

// Codes of syntax errors, all of effect `ignored`. The line is skipped:
//   missing-field      it ends before a field that must be there
//   bad-number         a user id, group id, date or count is no number from 0 to 4294967295
//   empty-name         nothing before the first colon
//   extra-field        shadow: more fields than there are (subuid and subgid take them)
//   nul-byte           a NUL byte in the line
// The record is kept:
//   field-count        fewer fields than the manual page lists, or more

// passwd(5).
struct User {
  std::string name;
  std::string password;  // "x": see shadow; empty: none is needed; else a hash
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string gecos;
  std::string home;
  std::string shell;  // empty: /bin/sh
  Span span;
  Span name_span;
  Span password_span;
  Span uid_span;
  Span gid_span;
  Span shell_span;
};

// shadow(5). Dates are days since 1970-01-01, periods are days; nullopt: the field is empty, or 4294967295, which is the
// same. What is 2147483648 or more has become negative, as for the programs.
struct Shadow {
  std::string name;
  std::string password;
  std::optional<int64_t> last_change;  // 0: must be changed at the next login
  std::optional<int64_t> minimum;
  std::optional<int64_t> maximum;
  std::optional<int64_t> warning;
  std::optional<int64_t> inactive;
  std::optional<int64_t> expire;
  Span span;
  Span password_span;
};

struct Member {
  std::string name;
  Span span;
};

// group(5).
struct Group {
  std::string name;
  std::string password;
  uint32_t gid = 0;
  std::vector<Member> members;
  Span span;
  Span gid_span;
  Span password_span;
};

// gshadow(5).
struct GroupShadow {
  std::string name;
  std::string password;
  std::vector<Member> administrators;
  std::vector<Member> members;
  Span span;
  Span password_span;
};

// subuid(5), subgid(5): `owner` (a name or a numeric user id) may use ids [start, start + count).
struct Range {
  std::string owner;
  uint64_t start = 0;
  uint64_t count = 0;
  Span span;
};

// A line that hands the look-up to NIS where nsswitch.conf(5) says "compat": "+", "-user",
// "+@netgroup".
struct Nis {
  std::string text;  // the first field
  Span span;
  bool counts = true;  // false: glibc skips it, for a number in it is none
};

template <class Record>
struct File {
  std::vector<Record> records;  // in the order of the file; duplicates too, the first one counts
  std::vector<Nis> nis;         // passwd, shadow and group only
  SyntaxErrors errors;
};

File<User> parse_passwd(std::string_view text);
File<Shadow> parse_shadow(std::string_view text);
File<Group> parse_group(std::string_view text);
File<GroupShadow> parse_gshadow(std::string_view text);
File<Range> parse_subid(std::string_view text);

// How a password field of passwd, shadow, group or gshadow works, by crypt(5) and shadow(5).
enum class Password : uint8_t {
  empty,   // no password is asked for
  locked,  // begins with '!': usermod -L, passwd -l
  none,    // "*" and whatever else can be no hash: no password fits
  set,     // a hash
};

// The state of a field and, where it holds a hash (behind a '!' too), its method by crypt(5):
// "yescrypt", "gost-yescrypt", "scrypt", "bcrypt", "sha512crypt", "sha256crypt", "sha1crypt",
// "sunmd5", "md5crypt", "bsdicrypt", "descrypt", "nt", "sm3crypt", "sm3-yescrypt"; else empty. `hash` is never kept.
struct PasswordClass {
  Password state = Password::none;
  std::string_view method;
};
PasswordClass classify_password(std::string_view field);

// What a hash costs to try, by crypt(5) (behind a '!' too): the rounds of sha256crypt, sha512crypt and sm3crypt,
// 5000 where none are named, and of sha1crypt; the logarithm of bcrypt's cost and of the N of scrypt, yescrypt,
// gost-yescrypt and sm3-yescrypt. nullopt for every other field.
std::optional<int64_t> hash_cost(std::string_view field);

}  // namespace drydock::parsers::account_files
