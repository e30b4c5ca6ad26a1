#include "parsers/kernel_config.h"

#include <algorithm>

namespace drydock::parsers::kernel_config {
namespace {

constexpr std::string_view kPrefix = "CONFIG_";
constexpr std::string_view kNotSet = " is not set";

bool is_name(std::string_view text) {
  if (text.size() <= kPrefix.size() || !text.starts_with(kPrefix)) return false;
  for (const char c : text)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
  return true;
}

}  // namespace

File parse(std::string_view text) {
  File file;
  uint32_t number = 0;
  size_t begin = 0;
  while (begin < text.size()) {
    ++number;
    const size_t newline = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, newline - begin);
    begin = newline + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto place = [&](size_t from, size_t to) {
      return Span{number, static_cast<uint32_t>(from + 1), number, static_cast<uint32_t>(to + 1)};
    };
    Option option;
    option.span = place(0, line.size());
    if (line[0] == '#') {
      if (!line.ends_with(kNotSet) || line.size() < kNotSet.size() + 2) continue;
      option.name = line.substr(2, line.size() - 2 - kNotSet.size());
      if (line[1] != ' ' || !is_name(option.name)) continue;  // a comment
      option.value = "n";
      option.value_span = option.span;
    } else {
      const size_t equals = line.find('=');
      if (equals == std::string_view::npos || !is_name(line.substr(0, equals))) {
        file.errors.add("not-an-option", option.span, "expected CONFIG_NAME=value");
        continue;
      }
      option.name = line.substr(0, equals);
      option.value = line.substr(equals + 1);
      option.value_span = place(equals + 1, line.size());
      if (option.value.size() >= 2 && option.value.front() == '"' && option.value.back() == '"')
        option.value = option.value.substr(1, option.value.size() - 2);
    }
    if (file.options.size() >= kOptions) {
      file.errors.add("too-many", option.span, "more options than any kernel has", Effect::refused);
      return file;
    }
    file.options.push_back(option);
  }
  return file;
}

}  // namespace drydock::parsers::kernel_config
