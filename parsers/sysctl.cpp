#include "parsers/sysctl.h"

#include <algorithm>

namespace drydock::parsers::sysctl {
namespace {

constexpr std::string_view kBlank = " \t\r\f\v";

// Narrows [begin, end) to the text without the white space around it.
void strip(std::string_view text, size_t& begin, size_t& end) {
  while (begin < end && kBlank.find(text[begin]) != std::string_view::npos) ++begin;
  while (end > begin && kBlank.find(text[end - 1]) != std::string_view::npos) --end;
}

}  // namespace

std::string normal_key(std::string_view key) {
  std::string out(key);
  const size_t first = out.find_first_of("./");
  if (first == std::string::npos || out[first] == '.') return out;
  for (char& c : out) c = c == '/' ? '.' : c == '.' ? '/' : c;
  return out;
}

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    strip(text, begin, end);
    // sysctl.d(5): "Empty lines and lines whose first non-whitespace character is # or ; are ignored."
    if (begin == end || text[begin] == '#' || text[begin] == ';') continue;
    const std::string_view line = text.substr(begin, end - begin);
    const Span span = lines.span(begin, end);
    if (line.find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", span, "a NUL byte in the line");
      continue;
    }

    Setting setting;
    setting.span = span;
    setting.ignore_failure = line.front() == '-';
    const size_t equals = text.substr(0, end).find('=', begin);
    size_t key_begin = begin + (setting.ignore_failure ? 1 : 0);
    size_t key_end = std::min(equals, end);
    strip(text, key_begin, key_end);
    if (equals == std::string_view::npos && !setting.ignore_failure) {
      file.errors.add("missing-equals", span, "expected '=' after the key");
      continue;
    }
    if (key_begin == key_end) {
      file.errors.add("empty-key", span, "expected a key before '='");
      continue;
    }
    setting.key = normal_key(text.substr(key_begin, key_end - key_begin));
    setting.key_span = lines.span(key_begin, key_end);
    setting.is_exclusion = equals == std::string_view::npos;
    size_t value_begin = setting.is_exclusion ? end : equals + 1;
    size_t value_end = end;
    strip(text, value_begin, value_end);
    setting.value = std::string(text.substr(value_begin, value_end - value_begin));
    setting.value_span = lines.span(value_begin, value_end);
    file.settings.push_back(std::move(setting));
  }
  return file;
}

}  // namespace drydock::parsers::sysctl
