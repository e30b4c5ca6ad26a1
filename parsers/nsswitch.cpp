#include "parsers/nsswitch.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::nsswitch {
std::vector<Database> parse(std::string_view text) {
  std::vector<Database> out;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    const std::string_view all = text.substr(0, end);
    end = std::min(end, all.find('#', begin));
    while (begin < end && is_space(all[begin])) ++begin;
    const size_t colon = all.find(':', begin);
    if (begin == end || colon >= end) continue;
    size_t name_end = colon;
    while (name_end > begin && is_space(all[name_end - 1])) --name_end;
    Database database{std::string(all.substr(begin, name_end - begin)), {}, lines.span(begin, end)};
    for (size_t at = colon + 1; at < end;) {
      if (is_space(all[at])) {
        ++at;
      } else if (all[at] == '[') {
        while (at < end && all[at] != ']') ++at;
        ++at;
      } else {
        const size_t from = at;
        while (at < end && !is_space(all[at]) && all[at] != '[') ++at;
        database.sources.push_back(
            {std::string(all.substr(from, at - from)), lines.span(from, at)});
      }
    }
    out.push_back(std::move(database));
  }
  return out;
}

}  // namespace drydock::parsers::nsswitch
