#include "parsers/access_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::access_conf {
namespace {

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(
      text, word, [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
}

std::string items(std::string_view field, std::string_view separators) {
  std::string out;
  for (size_t at = 0; at < field.size();) {
    const size_t begin = field.find_first_not_of(separators, at);
    if (begin == std::string_view::npos) break;
    at = std::min(field.find_first_of(separators, begin), field.size());
    out.append(out.empty() ? "" : " ").append(field.substr(begin, at - begin));
  }
  return out;
}

}  // namespace

File parse(std::string_view text, std::string_view list_separators) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    if (begin == end || text[begin] == '#') continue;
    const Span whole = lines.span(begin, end);
    if (end == text.size() && text.back() != '\n') {
      file.errors.add("no-newline", whole, "the last line has no newline: pam_access skips it");
      continue;
    }
    while (end > begin && is_space(text[end - 1])) --end;
    if (begin == end) continue;
    const std::string_view line = text.substr(begin, end - begin);
    if (line.find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", whole, "a NUL byte in the line");
      continue;
    }
    // strtok(3): separators in a row are one, and those in front count for nothing.
    size_t fields[3][2];
    size_t at = begin, count = 0;
    for (; count < 3; ++count) {
      while (at < end && text[at] == ':') ++at;
      if (at == end) break;
      // The third one has all that is left, colons too (IPv6 addresses).
      const size_t stop = count == 2 ? end : std::min(text.substr(0, end).find(':', at), end);
      fields[count][0] = at;
      fields[count][1] = stop;
      at = stop;
    }
    if (count < 3) {
      file.errors.add("missing-field", lines.span(begin, end),
                      "expected permission, users and origins with ':' between them");
      continue;
    }
    const auto field = [&](size_t i) {
      return text.substr(fields[i][0], fields[i][1] - fields[i][0]);
    };
    const auto span = [&](size_t i) { return lines.span(fields[i][0], fields[i][1]); };
    if (field(0)[0] != '+' && field(0)[0] != '-') {
      file.errors.add("bad-permission", span(0), "expected + or - at the start of the line");
      continue;
    }
    file.entries.push_back({field(0)[0] == '+', items(field(1), list_separators),
                            items(field(2), list_separators), lines.span(begin, end), span(0),
                            span(1), span(2)});
  }
  return file;
}

bool matches_anybody(std::string_view list) {
  // Each EXCEPT turns around what its list says, as long as the lists before it matched.
  bool result = false, wanted = true;
  for (;;) {
    bool found = false, excepts = false;
    size_t at = 0;
    while (at < list.size() && !excepts) {
      const size_t end = std::min(list.find(' ', at), list.size());
      const std::string_view word = list.substr(at, end - at);
      at = std::min(end + 1, list.size());
      if (is_word(word, "EXCEPT"))
        excepts = true;
      else if (is_word(word, "ALL"))
        found = true;
    }
    if (!found) return result;
    result = wanted;
    if (!excepts) return result;
    wanted = !wanted;
    list.remove_prefix(at);
  }
}

}  // namespace drydock::parsers::access_conf
