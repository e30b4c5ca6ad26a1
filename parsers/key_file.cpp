#include "parsers/key_file.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::key_file {

namespace {

// GLib has no bounds for these.
constexpr size_t kGroupBytes = 255;
constexpr size_t kLines = 50'000;  // groups and entries

bool is_control(char c) {
  return (c >= 0 && c < ' ') || c == 0x7F;
}

bool is_space(char c) {
  return is_blank_or_return(c) || c == '\f' || c == '\v';
}

bool is_group_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::none_of(name, [](char c) { return c == '[' || c == ']' || is_control(c); });
}

// Brackets may only hold a locale at the end: "Name[de]".
bool is_key(std::string_view key) {
  const size_t bracket = key.find('[');
  const std::string_view name = key.substr(0, bracket);
  if (name.empty() || name.ends_with(' ') || name.find(']') != std::string_view::npos) return false;
  if (bracket == std::string_view::npos) return true;
  const std::string_view locale = key.substr(bracket + 1);
  return locale.find(']') + 1 == locale.size() && !locale.empty() &&
         locale.find('[') == std::string_view::npos;
}

}  // namespace

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  std::string group;
  const auto refuse = [&](std::string_view code, size_t begin, size_t end, const char* message) {
    file.errors.add(code, lines.span(begin, end), message, Effect::refused);
  };
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos)
    refuse("nul-byte", nul, nul + 1, "a NUL byte in the file");
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (begin < end && is_space(text[begin])) ++begin;
    if (begin < end && text[end - 1] == '\r') --end;
    if (begin == end || text[begin] == '#') continue;
    const std::string_view line = text.substr(begin, end - begin);
    if (file.groups.size() + file.entries.size() >= kLines) {
      refuse("too-many", begin, end, "too many groups and entries");
      break;
    }
    const size_t equals = line.find('=');
    if (line[0] == '[') {
      const size_t close = line.find(']');
      if (close != std::string_view::npos &&
          line.find_first_not_of(" \t", close + 1) == std::string_view::npos) {
        group = line.substr(1, std::min(close - 1, kGroupBytes));
        file.groups.push_back({group, lines.span(begin, end)});
        if (close - 1 > kGroupBytes)
          refuse("too-long", begin, end, "the name of a group is too long");
        else if (!is_group_name(group))
          refuse("bad-name", begin, end, "not a name for a group");
        continue;
      }
    }
    if (equals == std::string_view::npos || equals == 0) {
      refuse("not-an-entry", begin, end, "neither a group nor KEY=VALUE nor a comment");
      continue;
    }
    size_t key_end = equals;
    while (key_end > 0 && is_space(line[key_end - 1])) --key_end;
    const std::string_view key = line.substr(0, key_end);
    if (group.empty())
      refuse("no-group", begin, end, "an entry above the first group");
    else if (!is_key(key))
      refuse("bad-name", begin, end, "not a name for a key");
    size_t value = equals + 1;
    while (value < line.size() && is_space(line[value])) ++value;
    file.entries.push_back(
        {group, std::string(key), std::string(line.substr(value)), lines.span(begin, end)});
  }
  if (!file.errors.empty()) file.groups.clear(), file.entries.clear();
  return file;
}

}  // namespace drydock::parsers::key_file
