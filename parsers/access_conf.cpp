#include "parsers/access_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::access_conf {
namespace {

constexpr size_t kLine = 8191;

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
    if (!out.empty()) out += ' ';
    // Where blanks separate nothing they belong to the name.
    for (const char c : field.substr(begin, at - begin))
      if (c == ' ' || c == '\t')
        out += c == ' ' ? "\\040" : "\\011";
      else
        out += c;
  }
  return out;
}

}  // namespace

File parse(std::string_view text, const Separators& separators) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    // fgets(3) into a buffer of 8192 bytes: what does not end in a newline is skipped.
    const size_t size = std::min(end + 2, text.size()) - begin;
    if (size > kLine && text.substr(begin, kLine).find('\n') == std::string_view::npos) {
      const size_t newline = std::min(text.find('\n', end), text.size());
      file.errors.add(
          "line-too-long", lines.span(begin, end),
          "8192 bytes and more: only what is behind them is read, as a line of its own");
      begin += (newline - begin) / kLine * kLine;
      end = std::max(begin, end);
    }
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
    const auto is_separator = [&](char c) {
      return separators.fields.find(c) != std::string::npos;
    };
    size_t fields[3][2];
    size_t at = begin, count = 0;
    for (; count < 3; ++count) {
      while (at < end && is_separator(text[at])) ++at;
      if (at == end) break;
      // The third one has all that is left, colons too (IPv6 addresses).
      const size_t stop =
          count == 2 ? end
                     : std::min(text.substr(0, end).find_first_of(separators.fields, at), end);
      fields[count][0] = at;
      fields[count][1] = stop;
      at = stop;
    }
    if (count < 3) {
      file.errors.add("missing-field", lines.span(begin, end),
                      "expected permission, users and origins with a separator between them");
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
    // The module asks the first character of the line: with separators before the '+' the entry denies.
    file.entries.push_back({text[begin] == '+', items(field(1), separators.lists),
                            items(field(2), separators.lists), lines.span(begin, end), span(0),
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
