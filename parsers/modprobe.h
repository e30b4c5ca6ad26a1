// modprobe.d(5): which modules may be loaded, and how. As libkmod reads it (libkmod-config.c, kmod 30).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::modprobe {

enum class Command : uint8_t { alias, blacklist, install, options, remove, softdep };

// The word in the file: "alias", "blacklist" …
std::string_view name(Command command);

// One command. A line may go on behind a backslash at its end; a backslash before anything else is dropped.
struct Line {
  Command command = Command::alias;
  // The module, of an alias the wildcard it stands for; '-' as '_' outside of brackets. install, remove,
  // options and softdep take wildcards too (fnmatch(3)); blacklist does not.
  std::string module;
  // alias: the module it leads to, '-' as '_'. install, remove: the shell command; options: the
  // parameters; both as written, blanks in front taken off. Empty for blacklist.
  std::string argument;
  std::vector<std::string> pre, post;  // softdep: modules as written
  Span span;                           // from the command to the end of what is read
  Span module_span;
  Span argument_span;  // empty behind the module if there is none
};

struct File {
  std::vector<Line> lines;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; modprobe passes over the line (effect `ignored`):
//   unknown-command    the first word is none of the six commands
//   missing-argument   the line ends before all that the command needs
//   unbalanced-bracket a ']' without '[', or the other way round, in a module's name
//   nul-byte           a NUL byte: what stands behind it in the line is not read
// A line whose first word begins with '#' is a comment, if '#' is not its first character too (modprobe warns).
File parse(std::string_view text);

// '-' as '_' outside of brackets, as modprobe compares names: "usb-storage" -> "usb_storage".
std::string normal_name(std::string_view name);

}  // namespace drydock::parsers::modprobe
