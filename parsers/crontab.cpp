#include "parsers/crontab.h"

#include "parsers/characters.h"

namespace drydock::parsers::crontab {

namespace {

constexpr std::string_view kMonths = "jan feb mar apr may jun jul aug sep oct nov dec";
constexpr std::string_view kDays = "sun mon tue wed thu fri sat";

// Numbers, lists, ranges and steps; in the field of the month and of the day "the first three letters of
// the particular day or month (case does not matter)".
bool is_field(std::string_view field, int number) {
  const std::string_view names = number == 3 ? kMonths : number == 4 ? kDays : "";
  for (size_t at = 0; at < field.size();) {
    const auto is_letter = [&](size_t i) {
      return i < field.size() && ((field[i] | 0x20) >= 'a' && (field[i] | 0x20) <= 'z');
    };
    if (!is_letter(at)) {
      if (std::string_view("0123456789*/-,~").find(field[at]) == std::string_view::npos)
        return false;
      ++at;
      continue;
    }
    std::string word;
    while (is_letter(at) && word.size() < 4) word += static_cast<char>(field[at++] | 0x20);
    if (word.size() != 3 || names.find(word) == std::string_view::npos) return false;
  }
  return true;
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
    if (field.empty() || (!named && !is_field(field, i)))
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
    return file.errors.add("missing-command", whole, "expected a command", Effect::refused);
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
