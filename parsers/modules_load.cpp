#include "parsers/modules_load.h"

#include "parsers/characters.h"

namespace drydock::parsers::modules_load {

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (begin < end && is_blank_or_return(text[begin])) ++begin;
    while (begin < end && is_blank_or_return(text[end - 1])) --end;
    // "Empty lines and lines whose first non-whitespace character is # or ; are ignored."
    if (begin == end || text[begin] == '#' || text[begin] == ';') continue;
    const std::string_view name = text.substr(begin, end - begin);
    if (name.find('\0') != std::string_view::npos)
      file.errors.add("nul-byte", lines.span(begin, end), "a NUL byte in the line");
    else
      file.modules.push_back({std::string(name), lines.span(begin, end)});
  }
  return file;
}

}  // namespace drydock::parsers::modules_load
