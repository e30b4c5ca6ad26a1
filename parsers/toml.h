// TOML 1.0, as containerd's configuration and its hosts.toml files are written in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::toml {

enum class Kind : uint8_t { string, integer, floating, boolean, date_time, array };

// One value that is no table, or one scalar element of an array.
struct Entry {
  std::vector<std::string> path;  // {"plugins", "io.containerd.grpc.v1.cri", "sandbox_image"}
  int ordinal = -1;               // of an element of an array: its index; -1: no element
  Kind kind = Kind::string;
  std::string value;  // of a boolean "true" or "false"; of an integer decimal; of an empty array ""
  Span span;  // from the last part of the key to the end of the value (an element: the value)
  Span value_span;
};

struct File {
  std::vector<Entry>
      entries;  // in the order of the file; tables inside arrays have their index in the path
  std::vector<std::vector<std::string>> empty_tables;  // the paths of those that nothing stands in
  SyntaxErrors errors;
};

// Codes of syntax errors, all, of effect `refused` (containerd does not start with such a file):
//   not-toml      what TOML 1.0 does not allow, or nested deeper than 256
//   not-ascii     a character outside of comments that is not ASCII (TOML has them in strings; drydock does not)
//   too-large     more than 1 MiB: no configuration
// Nothing of a refused file is kept.
File parse(std::string_view text);

// "plugins.'io.containerd.grpc.v1.cri'.sandbox_image": the path as one key, parts with dots quoted.
std::string dotted(const std::vector<std::string>& path);

}  // namespace drydock::parsers::toml
