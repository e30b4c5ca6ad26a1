// Repositories of dnf and yum: dnf.conf(5), an INI file with a section for each repository, and [main].
#pragma once

#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers::yum_repo {

struct Setting {
  std::string_view key, value;  // the value without continuation lines
  Span span;                    // key to value
  Span value_span;              // an empty one stands behind the '='
};

struct Section {
  std::string_view name;  // "main", "baseos"
  std::vector<Setting> settings;
  Span span;  // "[baseos]"

  const Setting* find(std::string_view key) const;  // the last; null: it is not written
};

struct File {
  std::vector<Section> sections;  // in the order of the file
  SyntaxErrors errors;
};

// Codes of syntax errors; dnf skips the file for each (effect `refused`), the rest is read:
//   no-section      a setting before the first section
//   missing-equals  a line that is neither setting, section, comment nor continuation
File parse(std::string_view text);

}  // namespace drydock::parsers::yum_repo
