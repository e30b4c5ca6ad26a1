#include "parsers/pam_module_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::pam_module_conf {
namespace {

constexpr size_t kLine = 1023;

}  // namespace

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    if (end - begin >= kLine) {
      file.errors.add("line-too-long", lines.span(begin, end),
                      "a line of 1023 bytes and more is not read", Effect::refused);
      continue;
    }
    end = std::min(end, text.substr(0, end).find('#', begin));
    while (begin < end && is_space(text[begin])) ++begin;
    while (end > begin && is_space(text[end - 1])) --end;
    if (begin == end) continue;
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", lines.span(begin, end), "a NUL byte in the line");
      continue;
    }
    size_t at = begin;
    while (at < end && !is_space(text[at]) && text[at] != '=') ++at;
    Setting setting;
    setting.name = std::string(text.substr(begin, at - begin));
    bool equals = false;
    const size_t name_end = at;
    for (; at < end && (is_space(text[at]) || (text[at] == '=' && !equals)); ++at)
      equals = equals || text[at] == '=';
    setting.value = std::string(text.substr(at, end - at));
    setting.span = lines.span(begin, end);
    setting.value_span = at < end ? lines.span(at, end) : lines.span(name_end, name_end);
    file.settings.push_back(std::move(setting));
  }
  return file;
}

}  // namespace drydock::parsers::pam_module_conf
