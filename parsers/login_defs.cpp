#include "parsers/login_defs.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::login_defs {
File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (end > begin && is_space(text[end - 1])) --end;
    const std::string_view upto = text.substr(0, end);
    begin = std::min(upto.find_first_not_of(" \t", begin), end);
    if (begin == end || text[begin] == '#') continue;
    if (upto.find('\0', begin) != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(begin, end), "a NUL byte in the line");
      continue;
    }
    const size_t name_end = std::min(upto.find_first_of(" \t", begin), end);
    if (name_end == end) {
      file.errors.add("missing-value", lines.span(begin, end), "expected a value behind the name");
      continue;
    }
    const size_t value = std::min(upto.find_first_not_of(" \"\t", name_end), end);
    const size_t value_end = std::min(upto.find('"', value), end);
    file.settings.push_back({std::string(text.substr(begin, name_end - begin)),
                             std::string(text.substr(value, value_end - value)),
                             lines.span(begin, end), lines.span(value, value_end)});
  }
  return file;
}

}  // namespace drydock::parsers::login_defs
