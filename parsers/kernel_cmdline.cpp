#include "parsers/kernel_cmdline.h"

#include "parsers/characters.h"

namespace drydock::parsers::kernel_cmdline {
std::vector<Argument> split(std::string_view text) {
  std::vector<Argument> list;
  size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at >= text.size() || text[at] == '\0') return list;
    Argument a;
    a.begin = at;
    // "name=value" as a whole, or only the value, may stand in double quotes.
    const bool quoted_whole = text[at] == '"';
    bool in_quote = quoted_whole;
    if (quoted_whole) ++at;
    const size_t name_begin = at;
    size_t equals = std::string_view::npos;
    for (; at < text.size() && (in_quote || !is_space(text[at])) && text[at] != '\0'; ++at) {
      if (text[at] == '=' && equals == std::string_view::npos) equals = at;
      if (text[at] == '"') in_quote = !in_quote;
    }
    a.end = at;
    size_t end = at;
    if (quoted_whole && end > name_begin && text[end - 1] == '"') --end;
    a.has_value = equals != std::string_view::npos && equals < end;
    const size_t name_end = a.has_value ? equals : end;
    a.name = std::string(text.substr(name_begin, name_end - name_begin));
    for (char& c : a.name)
      if (c == '-') c = '_';
    a.value_begin = a.has_value ? equals + 1 : a.end;
    a.value_end = a.end;
    if (a.has_value) {
      size_t begin = equals + 1;
      if (begin < end && text[begin] == '"') {
        ++begin;
        if (end > begin && text[end - 1] == '"') --end;
      }
      a.value = std::string(text.substr(begin, end - begin));
    } else if (text.substr(name_begin, end - name_begin) == "--") {
      return list;
    }
    list.push_back(std::move(a));
  }
}

}  // namespace drydock::parsers::kernel_cmdline
