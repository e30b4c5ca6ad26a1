// The files that say which modules authenticate for a service: /etc/pam.d/* and /etc/pam.conf,
// pam.conf(5), pam.d(5). Lines are cut as libpam cuts them; "@include" is Debian's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::pam_conf {

enum class Type : uint8_t { auth, account, password, session };
// "auth", "account", "password", "session".
std::string_view name(Type type);

// What a module can answer (pam(3)); the order of libpam's return codes. `default_` stands for all
// that a control does not name.
enum class Answer : uint8_t {
  success,
  open_err,
  symbol_err,
  service_err,
  system_err,
  buf_err,
  perm_denied,
  auth_err,
  cred_insufficient,
  authinfo_unavail,
  user_unknown,
  maxtries,
  new_authtok_reqd,
  acct_expired,
  session_err,
  cred_unavail,
  cred_expired,
  cred_err,
  no_module_data,
  conv_err,
  authtok_err,
  authtok_recover_err,
  authtok_lock_busy,
  authtok_disable_aging,
  try_again,
  ignore,
  abort,
  authtok_expired,
  module_unknown,
  bad_item,
  conv_again,
  incomplete,
};
inline constexpr size_t kAnswers = 32;

// What is done with an answer: a number of modules to jump over, or one of these.
using Action = int32_t;
inline constexpr Action kIgnore = 0;
inline constexpr Action kOk = -1;
inline constexpr Action kDone = -2;
inline constexpr Action kBad = -3;
inline constexpr Action kDie = -4;
inline constexpr Action kReset = -5;

// The action for each answer.
using Control = std::array<Action, kAnswers>;

// What a control means: "required", "[success=1 default=ignore]" (with or without the brackets).
// nullopt: it is malformed, and every answer counts as bad.
std::optional<Control> parse_control(std::string_view text);

struct Argument {
  std::string text;  // without the brackets that may enclose it
  Span span;
};

enum class Kind : uint8_t {
  module,       // type control module arguments
  include,      // type include FILE: its lines of this type stand here
  substack,     // type substack FILE: the same, and done and die end only these
  include_all,  // @include FILE: all its lines
  fails,        // something is missing: libpam lets the stack fail here
};

struct Line {
  std::string service;  // pam.conf only: the first field
  Kind kind = Kind::module;
  // nullopt: include_all; a line whose type cannot be told fails in whichever stack it stands (auth, if
  // the file is read for all types)
  std::optional<Type> type;
  bool is_silent = false;  // '-' before the type: a module that is not installed is not reported
  std::string control;     // as it is written, with its brackets
  Control actions{};       // of an include: those where its file cannot be read
  std::string target;      // the module, or the file of an include
  std::vector<Argument> arguments;
  Span span;  // from the first field to the last
  Span control_span;
  Span target_span;
};

// Codes of syntax errors.
//   effect ignored, libpam lets the stack fail at the line, or treats every answer as bad:
//     unknown-type       neither auth, account, password nor session (libpam: auth)
//     missing-control    the line ends before the control
//     missing-module     the line ends before the module or the file
//     bad-control        the control is malformed
//   effect refused:
//     unfinished-line    the file ends behind a backslash: nothing of the file counts
//     nul-byte           a NUL byte in the line
//     line-too-long      1023 bytes and more: up to Linux-PAM 1.5 the rest is a line of its own
struct File {
  std::vector<Line> lines;
  SyntaxErrors errors;
  bool is_void = false;  // unfinished-line: the service fails
};

// `has_service`: the form of /etc/pam.conf, whose first field is the service.
File parse(std::string_view text, bool has_service = false);

}  // namespace drydock::parsers::pam_conf
