#include "parsers/yum_repo.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::yum_repo {
namespace {

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank_or_return(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_or_return(text.back())) text.remove_suffix(1);
  return text;
}

Span span_in(uint32_t number, std::string_view line, std::string_view part) {
  const auto column = static_cast<uint32_t>(part.data() - line.data()) + 1;
  return {number, column, number, column + static_cast<uint32_t>(part.size())};
}

}  // namespace

const Setting* Section::find(std::string_view key) const {
  const Setting* found = nullptr;
  for (const Setting& one : settings)
    if (one.key == key) found = &one;
  return found;
}

File parse(std::string_view text) {
  File file;
  uint32_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    const std::string_view whole = strip(line);
    if (whole.empty() || whole.front() == '#' || whole.front() == ';') continue;
    if (is_blank_or_return(line.front()) && !file.sections.empty() &&
        !file.sections.back().settings.empty())
      continue;  // of the value before
    if (whole.front() == '[' && whole.back() == ']') {
      file.sections.push_back({.name = strip(whole.substr(1, whole.size() - 2)),
                               .settings = {},
                               .span = span_in(number, line, whole)});
      continue;
    }
    const size_t equals = whole.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      file.errors.add("missing-equals", span_in(number, line, whole), "expected a key and '='",
                      Effect::refused);
    } else if (file.sections.empty()) {
      file.errors.add("no-section", span_in(number, line, whole), "a setting before any [section]",
                      Effect::refused);
    } else {
      const std::string_view value = strip(whole.substr(equals + 1));
      file.sections.back().settings.push_back(
          {strip(whole.substr(0, equals)), value, span_in(number, line, whole),
           value.empty() ? span_in(number, line, whole.substr(equals + 1, 0))
                         : span_in(number, line, value)});
    }
  }
  return file;
}

}  // namespace drydock::parsers::yum_repo
