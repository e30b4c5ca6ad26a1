#include "parsers/dockerfile.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::dockerfile {
namespace {

constexpr std::string_view kNames[] = {
    "ADD",    "ARG",   "CMD",         "COPY",  "ENTRYPOINT", "ENV",
    "EXPOSE", "FROM",  "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN",    "SHELL", "STOPSIGNAL",  "USER",  "VOLUME",     "WORKDIR"};

// A line of the text without the blanks at its ends.
struct Line {
  size_t begin, end;
};

// Text of several lines in which each byte knows where it was.
struct Joined {
  std::string text;
  std::vector<std::pair<size_t, size_t>> pieces;  // where a piece begins here, and in the file

  void add(std::string_view file, size_t begin, size_t end) {
    pieces.emplace_back(text.size(), begin);
    text.append(file.substr(begin, end - begin));
  }
  size_t place(size_t at) const {
    const auto after =
        std::ranges::upper_bound(pieces, at, {}, [](const auto& p) { return p.first; });
    if (after == pieces.begin()) return 0;
    return std::prev(after)->second + (at - std::prev(after)->first);
  }
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File parse() {
    directives();
    bool has_from = false, said = false;
    while (number_ <= lines_.line_count()) {
      const Line line = trimmed(number_);
      if (line.begin == line.end || text_[line.begin] == '#') {
        ++number_;
        continue;
      }
      if (file_.instructions.size() == kInstructions) {
        file_.errors.add("too-many-instructions", lines_.span(line.begin, line.end),
                         "more instructions than are read", Effect::refused);
        break;
      }
      if (!instruction()) continue;
      const Instruction& last = file_.instructions.back();
      has_from |= last.name == "FROM";
      if (!has_from && last.name != "ARG" && !std::exchange(said, true))
        file_.errors.add("no-from", last.name_span, "only ARG may stand before the first FROM");
    }
    return std::move(file_);
  }

 private:
  Line trimmed(uint32_t number) const {
    auto [begin, end] = lines_.line_bounds(number);
    if (number == 1 && text_.starts_with("\xef\xbb\xbf")) begin += 3;
    while (begin < end && is_space(text_[begin])) ++begin;
    while (end > begin && is_space(text_[end - 1])) --end;
    return {begin, end};
  }

  // "Parser directives": "# name=value" comments before anything else. Only `escape` changes how lines are read.
  void directives() {
    for (uint32_t number = 1; number <= lines_.line_count(); ++number) {
      const Line line = trimmed(number);
      std::string_view text = text_.substr(line.begin, line.end - line.begin);
      if (!text.starts_with('#')) return;
      text.remove_prefix(1);
      const size_t equals = text.find('=');
      if (equals == std::string_view::npos) return;
      std::string name;
      for (const char c : text.substr(0, equals))
        if (!is_space(c)) name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
      const size_t value = text.find_first_not_of(" \t", equals + 1);
      if (name == "escape" && value != std::string_view::npos && value + 1 == text.size() &&
          (text[value] == '`' || text[value] == '\\'))
        escape_ = text[value];
    }
  }

  // Lines up to one that does not end in the escape character; comments and empty lines between are left out.
  Joined logical_line() {
    Joined out;
    for (bool first = true; number_ <= lines_.line_count(); first = false) {
      const Line line = trimmed(number_++);
      if (!first && (line.begin == line.end || text_[line.begin] == '#')) continue;
      if (line.end == line.begin || text_[line.end - 1] != escape_) {
        out.add(text_, first ? line.begin : lines_.line_bounds(number_ - 1).first, line.end);
        return out;
      }
      out.add(text_, first ? line.begin : lines_.line_bounds(number_ - 1).first, line.end - 1);
    }
    return out;
  }

  bool instruction() {
    const Joined line = logical_line();
    const size_t name_end = std::min(line.text.find_first_of(" \t\r\n\v\f"), line.text.size());
    Instruction out;
    for (const char c : line.text.substr(0, name_end))
      out.name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    out.name_span = span(line, 0, name_end);
    size_t end = line.text.size();
    while (end > name_end && is_space(line.text[end - 1])) --end;
    size_t begin = name_end;
    while (begin < end && is_space(line.text[begin])) ++begin;
    out.span = span(line, 0, begin == end ? name_end : end);
    if (std::ranges::find(kNames, out.name) == std::end(kNames)) {
      file_.errors.add("unknown-instruction", out.name_span, "this is no instruction");
      return false;
    }
    out.arguments = line.text.substr(begin, end - begin);
    words(line, begin, end, out);
    if (out.name == "RUN" || out.name == "COPY" || out.name == "ADD") heredocs(out);
    if (out.words.empty()) {
      file_.errors.add("missing-arguments", out.name_span, out.name + " needs an argument");
      return false;
    }
    file_.instructions.push_back(std::move(out));
    return true;
  }

  Span span(const Joined& line, size_t begin, size_t end) const {
    return lines_.span(line.place(begin), line.place(end > begin ? end - 1 : end) + (end > begin));
  }

  void words(const Joined& line, size_t at, size_t end, Instruction& out) const {
    while (at < end && out.words.size() < kWords) {
      while (at < end && is_space(line.text[at])) ++at;
      if (at == end) break;
      const size_t from = at;
      char quote = 0;
      for (; at < end && (quote != 0 || !is_space(line.text[at])); ++at) {
        const char c = line.text[at];
        if (c == escape_ && at + 1 < end)
          ++at;
        else if (quote != 0)
          quote = c == quote ? '\0' : quote;
        else if (c == '"' || c == '\'')
          quote = c;
      }
      at = std::min(at, end);
      out.words.push_back({line.text.substr(from, at - from), span(line, from, at)});
    }
  }

  // "Here-Documents": the lines behind the instruction up to one that is the word behind "<<"; "<<-" takes tabs away.
  void heredocs(Instruction& out) {
    for (const Word& word : out.words) {
      std::string_view name = word.text;
      const size_t sign = name.find("<<");
      // "3<<EOF" is one, "a<<b" is not.
      if (sign == std::string_view::npos ||
          name.substr(0, sign).find_first_not_of("0123456789") != std::string_view::npos)
        continue;
      name.remove_prefix(sign + 2);
      const bool tabs = name.starts_with('-');
      if (tabs) name.remove_prefix(1);
      if (name.size() > 1 && (name.front() == '"' || name.front() == '\'') &&
          name.back() == name.front())
        name = name.substr(1, name.size() - 2);
      if (name.empty() || name.find_first_of("<>\"'$") != std::string_view::npos) continue;
      if (!heredoc(name, tabs, out)) {
        file_.errors.add("unterminated-heredoc", word.span,
                         "no line is '" + std::string(name.substr(0, 40)) + "'", Effect::refused);
        number_ = lines_.line_count() + 1;  // all that follows would belong to it
        return;
      }
    }
  }

  bool heredoc(std::string_view name, bool tabs, Instruction& out) {
    for (uint32_t number = number_; number <= lines_.line_count(); ++number) {
      auto [begin, end] = lines_.line_bounds(number);
      while (tabs && begin < end && text_[begin] == '\t') ++begin;
      if (end > begin && text_[end - 1] == '\r') --end;
      if (text_.substr(begin, end - begin) != name) continue;
      const size_t from = lines_.line_bounds(number_).first;
      out.heredocs.append(text_.substr(from, lines_.line_bounds(number).first - from));
      number_ = number + 1;
      return true;
    }
    return false;
  }

  std::string_view text_;
  LineIndex lines_;
  char escape_ = '\\';
  uint32_t number_ = 1;
  File file_;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::dockerfile
