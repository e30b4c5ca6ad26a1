#include "parsers/new_accounts.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::new_accounts {
namespace {

// Calls `visit(text up to the end of the line, begin, end)` for each line, blanks at its ends left out.
template <class Visit>
void each_line(std::string_view text, bool trims, Visit visit) {
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    while (trims && begin < end && is_space(text[begin])) ++begin;
    while (trims && end > begin && is_space(text[end - 1])) --end;
    if (begin < end) visit(lines, text.substr(0, end), begin, end);
  }
}

Assignment assignment(const LineIndex& lines, std::string_view all, size_t begin, size_t name_end,
                      size_t value, size_t value_end, size_t end) {
  return {std::string(all.substr(begin, name_end - begin)),
          std::string(all.substr(value, value_end - value)), lines.span(begin, end),
          lines.span(value, value_end)};
}

// useradd.c, get_defaults.
constexpr std::string_view kUseradd[] = {
    "GROUP", "GROUPS", "HOME",    "INACTIVE",          "EXPIRE",
    "SHELL", "SKEL",   "USRSKEL", "CREATE_MAIL_SPOOL", "LOG_INIT"};

}  // namespace

std::vector<Assignment> parse_useradd(std::string_view text) {
  std::vector<Assignment> out;
  each_line(text, false,
            [&](const LineIndex& lines, std::string_view all, size_t begin, size_t end) {
              const size_t equals = all.find('=', begin);
              if (equals == std::string_view::npos) return;
              const std::string_view name = all.substr(begin, equals - begin);
              if (std::ranges::find(kUseradd, name) != std::end(kUseradd))
                out.push_back(assignment(lines, all, begin, equals, equals + 1, end, end));
            });
  return out;
}

std::vector<Assignment> parse_adduser(std::string_view text) {
  std::vector<Assignment> out;
  each_line(text, true,
            [&](const LineIndex& lines, std::string_view all, size_t begin, size_t end) {
              const size_t equals = all.find('=', begin);
              if (all[begin] == '#' || equals == std::string_view::npos) return;
              size_t name_end = equals, value = equals + 1, value_end = end;
              while (name_end > begin && is_space(all[name_end - 1])) --name_end;
              while (value < value_end && is_space(all[value])) ++value;
              if (value_end - value >= 2 && (all[value] == '"' || all[value] == '\'') &&
                  all[value_end - 1] == all[value])
                ++value, --value_end;
              out.push_back(assignment(lines, all, begin, name_end, value, value_end, end));
            });
  return out;
}

std::vector<Shell> parse_shells(std::string_view text) {
  std::vector<Shell> out;
  each_line(
      text, true, [&](const LineIndex& lines, std::string_view all, size_t begin, size_t end) {
        // getusershell.c of glibc: up to the first '#' or '/', then up to '#' or a blank.
        begin = all.find_first_of("#/", begin);
        if (begin == std::string_view::npos || all[begin] == '#') return;
        size_t stop = begin;
        while (stop < end && all[stop] != '#' && !is_space(all[stop])) ++stop;
        out.push_back({std::string(all.substr(begin, stop - begin)), lines.span(begin, stop)});
      });
  return out;
}

}  // namespace drydock::parsers::new_accounts
