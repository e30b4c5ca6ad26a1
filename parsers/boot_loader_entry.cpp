#include "parsers/boot_loader_entry.h"

#include "parsers/characters.h"

namespace drydock::parsers::boot_loader_entry {

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (begin < end && is_blank_or_return(text[begin])) ++begin;
    while (begin < end && is_blank_or_return(text[end - 1])) --end;
    if (begin == end || text[begin] == '#') continue;
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(begin, end), "a NUL byte in the line");
      continue;
    }
    size_t key_end = begin;
    while (key_end < end && !is_blank_or_return(text[key_end])) ++key_end;
    size_t value = key_end;
    while (value < end && is_blank_or_return(text[value])) ++value;
    Line line;
    line.key = std::string(text.substr(begin, key_end - begin));
    for (char& c : line.key)
      if (c >= 'A' && c <= 'Z') {
        c = static_cast<char>(c - 'A' + 'a');
        line.is_lower = false;
      }
    line.value = std::string(text.substr(value, end - value));
    line.value_offset = value;
    line.span = lines.span(begin, end);
    line.value_span = lines.span(value, end);
    file.lines.push_back(std::move(line));
  }
  return file;
}

}  // namespace drydock::parsers::boot_loader_entry
