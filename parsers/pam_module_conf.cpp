#include "parsers/pam_module_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::pam_module_conf {
namespace {

constexpr size_t kLine = 1023;

}  // namespace

File parse(std::string_view text, Lines kind) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    const bool has_return = end < text.size() && text[end] == '\r';
    if (kind == Lines::bounded && end - begin + has_return >= kLine) {
      file.errors.add("line-too-long", lines.span(begin, end),
                      "a line of 1023 bytes and more: nothing from here on is read",
                      Effect::refused);
      file.is_broken = true;
      break;
    }
    // A line that begins with a NUL byte is an empty one.
    const size_t nul = text.substr(0, end).find('\0', begin);
    if (nul != std::string_view::npos) {
      file.is_broken = kind == Lines::bounded && nul > begin && end < text.size();
      file.errors.add("nul-byte", lines.span(begin, end),
                      file.is_broken ? "a NUL byte in the line: nothing from here on is read"
                                     : "a NUL byte in the line",
                      file.is_broken ? Effect::refused : Effect::ignored);
      if (file.is_broken) break;
      end = nul;
    }
    end = std::min(end, text.substr(0, end).find('#', begin));
    while (begin < end && is_space(text[begin])) ++begin;
    while (end > begin && is_space(text[end - 1])) --end;
    if (begin == end) continue;
    size_t at = begin;
    while (at < end && !is_space(text[at]) && text[at] != '=') ++at;
    Setting setting;
    setting.name = std::string(text.substr(begin, at - begin));
    bool equals = false;
    const size_t name_end = at;
    for (; at < end && (is_space(text[at]) || (text[at] == '=' && (!equals || kind == Lines::any)));
         ++at)
      equals = equals || text[at] == '=';
    setting.value = std::string(text.substr(at, end - at));
    setting.span = lines.span(begin, end);
    setting.value_span = at < end ? lines.span(at, end) : lines.span(name_end, name_end);
    file.settings.push_back(std::move(setting));
  }
  return file;
}

}  // namespace drydock::parsers::pam_module_conf
