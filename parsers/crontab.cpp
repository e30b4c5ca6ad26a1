#include "parsers/crontab.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::crontab {

namespace {

constexpr std::string_view kMonths = "jan feb mar apr may jun jul aug sep oct nov dec";
constexpr std::string_view kDays = "sun mon tue wed thu fri sat";
constexpr std::pair<int, int> kBounds[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
constexpr std::string_view kNicknames[] = {"@reboot", "@yearly", "@annually", "@monthly",
                                           "@weekly", "@daily",  "@midnight", "@hourly"};

// Takes a number off the front, or, in the fields of the month and the day, "the first three letters of the
// particular day or month (case does not matter)"; -1: there is none.
int take_number(std::string_view& rest, int field) {
  size_t length = 0;
  while (length < rest.size() && (is_letter(rest[length]) || is_digit(rest[length]))) ++length;
  const std::string_view word = rest.substr(0, length);
  rest.remove_prefix(length);
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + length, number);
  if (length > 0 && error == std::errc() && end == word.data() + length) return number;
  const std::string_view names = field == 3 ? kMonths : field == 4 ? kDays : "";
  if (length != 3) return -1;
  std::string lower;
  for (const char c : word) lower += static_cast<char>(c | 0x20);
  const size_t at = names.find(lower);
  return at == std::string_view::npos || at % 4 != 0
             ? -1
             : static_cast<int>(at / 4) + (field == 3 ? 1 : 0);
}

// Numbers, lists, ranges and steps, within the bounds of the field.
bool is_field(std::string_view rest, int field) {
  const auto [low, high] = kBounds[field];
  const auto is_within = [&](int number) { return number >= low && number <= high; };
  while (true) {
    bool is_range = true;
    if (rest.starts_with('*')) {
      rest.remove_prefix(1);
    } else {
      const int first = take_number(rest, field);
      // "~": a random one of a range, in cronie.
      is_range = rest.starts_with('-') || rest.starts_with('~');
      if (!is_within(first)) return false;
      if (is_range) {
        rest.remove_prefix(1);
        // A range that runs backwards is empty, but no mistake.
        if (!is_within(take_number(rest, field))) return false;
      }
    }
    if (is_range && rest.starts_with('/')) {
      rest.remove_prefix(1);
      if (take_number(rest, 0) <= 0) return false;
    }
    // What stands behind is passed over, but for a step that has no range.
    if (!rest.starts_with(',')) return is_range || !rest.starts_with('/');
    rest.remove_prefix(1);
  }
}

class Line {
 public:
  Line(std::string_view text, size_t begin, size_t end) : text_(text), at_(begin), end_(end) {
    skip();
  }

  // The next word, as the bytes [first, second).
  std::pair<size_t, size_t> word() {
    const size_t begin = at_;
    while (at_ < end_ && !is_blank(text_[at_])) ++at_;
    const std::pair<size_t, size_t> result{begin, at_};
    skip();
    return result;
  }
  size_t at() const { return at_; }
  size_t end() const { return end_; }
  bool done() const { return at_ >= end_; }

 private:
  void skip() {
    while (at_ < end_ && is_blank(text_[at_])) ++at_;
  }
  std::string_view text_;
  size_t at_, end_;
};

std::string unquoted(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return std::string(value);
}

// crontab(5): "The entire command portion of the line, up to a newline or a "%" character".
size_t command_end(std::string_view text, size_t begin, size_t end) {
  for (size_t at = begin; at < end; ++at)
    if (text[at] == '%' && (at == begin || text[at - 1] != '\\')) return at;
  return end;
}

// "NAME=value", with blanks around the '='; the name may be quoted. nullopt-like: false.
bool variable(std::string_view text, const LineIndex& index, size_t begin, size_t end, File& file) {
  size_t at = begin;
  const char quote = text[at] == '"' || text[at] == '\'' ? text[at] : '\0';
  if (quote) {
    at = text.find(quote, at + 1);
    if (at >= end) return false;
    ++at;
  } else {
    while (at < end && !is_blank(text[at]) && text[at] != '=') ++at;
  }
  const size_t name_end = at;
  while (at < end && is_blank(text[at])) ++at;
  if (at >= end || text[at] != '=' || name_end == begin) return false;
  ++at;
  while (at < end && is_blank(text[at])) ++at;
  while (end > at && (is_blank(text[end - 1]) || text[end - 1] == '\r')) --end;
  file.variables.push_back({unquoted(text.substr(begin, name_end - begin)),
                            unquoted(text.substr(at, end - at)), index.span(begin, end),
                            index.span(at, end)});
  return true;
}

void job(std::string_view text, const LineIndex& index, size_t begin, size_t end, bool system,
         File& file) {
  Line line(text, begin, end);
  const Span whole = index.span(begin, end);
  Job result;
  result.span = whole;
  const bool named = text[line.at()] == '@';
  for (int i = 0; i < (named ? 1 : 5); ++i) {
    const auto [from, to] = line.word();
    const std::string_view field = text.substr(from, to - from);
    if (field.empty() || (!named && !is_field(field, i)) ||
        (named && std::ranges::find(kNicknames, field) == std::end(kNicknames)))
      return file.errors.add("bad-schedule", whole,
                             "expected five fields of times, or a name such as @daily",
                             Effect::refused);
    result.schedule += (i > 0 ? " " : "") + std::string(field);
  }
  if (system) {
    if (line.done())
      return file.errors.add("missing-user", whole, "expected the user behind the times",
                             Effect::refused);
    const auto [from, to] = line.word();
    result.user = text.substr(from, to - from);
    result.user_span = index.span(from, to);
  }
  if (line.done())
    return file.errors.add("missing-command", whole, "expected a command",
                           system ? Effect::refused : Effect::ignored);
  size_t stop = command_end(text, line.at(), line.end());
  while (stop > line.at() && (is_blank(text[stop - 1]) || text[stop - 1] == '\r')) --stop;
  result.command = text.substr(line.at(), stop - line.at());
  result.command_span = index.span(line.at(), stop);
  file.jobs.push_back(std::move(result));
}

}  // namespace

File parse(std::string_view text, bool system) {
  File file;
  const LineIndex index(text);
  for (size_t begin = 0; begin < text.size();) {
    const size_t found = text.find('\n', begin);
    const size_t end = found == std::string_view::npos ? text.size() : found;
    size_t first = begin;
    while (first < end && is_blank(text[first])) ++first;
    if (first < end && text[first] != '#' && text[first] != '\r') {
      if (text.substr(first, end - first).find('\0') != std::string_view::npos)
        file.errors.add("nul-byte", index.span(first, end), "a NUL byte in the line",
                        Effect::refused);
      else if (!variable(text, index, first, end, file))
        job(text, index, first, end, system, file);
      if (found == std::string_view::npos)
        file.errors.add("no-final-newline", index.span(first, end),
                        "the last line does not end with a newline: cron does not run the file",
                        Effect::refused);
    }
    begin = end + 1;
  }
  return file;
}

}  // namespace drydock::parsers::crontab
