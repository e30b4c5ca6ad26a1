// sudoers(5): who may run what as whom.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::sudoers {

// One member of a list: a user, a host, a run-as user or group, or a command.
struct Item {
  enum class Kind : uint8_t {
    all,       // ALL
    name,      // a user, group (in a run-as group list) or host name; hosts may hold globs
    id,        // #1000
    group,     // %wheel, %#27, %:nonunix
    netgroup,  // +admins
    network,   // 10.0.0.0/8, 2001:db8::1
    alias,     // UPPER_CASE: the name of an alias if one is defined, else a name
    command,   // /usr/bin/less, sudoedit, list, ^regex$; a directory ends in '/'
  };
  Kind kind = Kind::name;
  bool negated = false;                  // an odd number of '!' before it
  std::string text;                      // as written, unquoted: "alice", "%wheel", "/bin/ls"
  std::optional<std::string> arguments;  // of a command: "" stands for "none allowed"; nullopt: any
  std::vector<std::string> digests;      // "sha256:…"
  Span span;                             // without the '!'
};

enum class AliasKind : uint8_t { user, runas, host, command };

struct Alias {
  AliasKind kind = AliasKind::user;
  std::string name;
  std::vector<Item> members;
  Span span;  // from the name to the last member
};

// Tags of a command; nullopt: neither the tag nor its opposite was given, here or before in the list.
enum class Tag : uint8_t {
  nopasswd,
  noexec,
  setenv,
  follow,
  log_input,
  log_output,
  mail,
  intercept
};
inline constexpr size_t kTags = 8;
using Tags = std::array<std::optional<bool>, kTags>;

// "(users : groups)".
struct Runas {
  std::vector<Item> users;  // empty: the invoking user himself
  std::vector<Item> groups;
};

// One command of a user specification with what was carried over from those before it.
struct CommandSpec {
  // nullptr: none was given, the user is runas_default, that is root. Shared by the commands it is carried to: a
  // long list in front of many commands must not be there once for each.
  std::shared_ptr<const Runas> runas;
  Tags tags;
  // NOTBEFORE, NOTAFTER or CHROOT, of this command or carried over: it holds at times, or for the files of another root.
  bool is_conditional = false;
  Item command;
};

struct Privilege {
  std::vector<Item> hosts;
  std::vector<CommandSpec> commands;
};

// "users hosts = commands : hosts = commands".
struct UserSpec {
  std::vector<Item> users;
  std::vector<Privilege> privileges;
  Span span;
};

enum class Scope : uint8_t { global, user, host, runas, command };

struct Setting {
  std::string name;
  enum class Operator : uint8_t { on, off, set, add, remove } op = Operator::on;
  std::string value;  // unquoted; empty for on and off
  Span span;
  Span value_span;  // with its quotes; of on and off the whole setting
};

// A line of Defaults.
struct Defaults {
  Scope scope = Scope::global;
  std::vector<Item> binding;  // whom it is for; empty if global
  std::vector<Setting> settings;
  Span span;
};

// "@include FILE", "@includedir DIRECTORY", and the same with '#'.
struct Include {
  std::string path;  // "%h" in it stands for the host name; a relative one starts at this file
  bool is_directory = false;
  Span span;
};

using Entry = std::variant<Alias, UserSpec, Defaults, Include>;

struct File {
  std::vector<Entry> entries;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors. sudo from 1.9.3 on goes on with the next line (effect `ignored`):
//   syntax              something else was expected here
//   unterminated-quote  the line ends inside of double quotes
//   bad-alias-name      an alias name must begin with an upper-case letter and go on with those,
//                       digits and '_'
//   bad-value           a digest, or the value of an option such as CWD=, is none that sudo takes
//   nul-byte            a NUL byte in the line
File parse(std::string_view text);

// "nopasswd" …
std::string_view name(Tag tag);

}  // namespace drydock::parsers::sudoers
