// Entries of the Boot Loader Specification (loader/entries/*.conf), loader.conf(5), and extlinux.conf of
// Syslinux: a keyword and its value a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::boot_loader_entry {

struct Line {
  std::string key;          // in lower case
  bool is_lower = true;     // it is written so: systemd-boot knows no other
  std::string value;        // white space around it taken off
  size_t value_offset = 0;  // where the value begins in the file
  Span span;
  Span value_span;  // empty behind the key if there is no value
};

struct File {
  std::vector<Line> lines;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors (effect `ignored`): nul-byte, a NUL byte in the line. '#' begins a comment.
File parse(std::string_view text);

}  // namespace drydock::parsers::boot_loader_entry
