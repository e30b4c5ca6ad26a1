// The configuration a Linux kernel was built with (/boot/config-VERSION): Kconfig's .config files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::kernel_config {

struct Option {
  std::string_view name;  // "CONFIG_X86_64"; in the text
  std::string_view
      value;  // "y", "m", a number, text without its quotes (escapes as they are); "n" of
              // "# CONFIG_X is not set"
  Span span;
  Span value_span;  // the line as a whole for "is not set"
};

struct File {
  std::vector<Option> options;  // in the order of the file; of equal names the last one counts
  SyntaxErrors errors;
};

// Options of one file; a real one has about 10,000.
inline constexpr size_t kOptions = 100'000;

// Codes of syntax errors (effect `ignored`): not-an-option, a line that is neither option nor comment; too-many,
// more than kOptions (effect `refused`).
File parse(std::string_view text);

}  // namespace drydock::parsers::kernel_config
