#include "parsers/env_file.h"

#include <algorithm>

#include "parsers/utf8.h"

namespace drydock::parsers::env_file {
namespace {

bool is_newline(char c) {
  return c == '\n' || c == '\r';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || is_newline(c);
}

bool is_name(std::string_view name) {
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
         std::all_of(name.begin(), name.end(), is_word);
}

class Parser {
 public:
  Parser(std::string_view text, bool comment_goes_on)
      : text_(text), lines_(text), comment_goes_on_(comment_goes_on) {}

  File run() {
    if (const size_t nul = text_.find('\0'); nul != std::string_view::npos) {
      file_.errors.add("nul-byte", lines_.span(nul, nul + 1), "a NUL byte", Effect::refused);
      text_ = text_.substr(0, nul);
    }
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (is_blank(c))
        ++at_;
      else if (c == '#' || c == ';')
        skip_line();
      else
        assignment();
    }
    return std::move(file_);
  }

 private:
  // A comment ends with its line, whether or not a backslash stands before the end: since v254, before
  // that a backslash took whatever stood behind it.
  void skip_line() {
    for (; at_ < text_.size() && !is_newline(text_[at_]); ++at_)
      if (comment_goes_on_ && text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
  }

  void assignment() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '=' && !is_newline(text_[at_])) ++at_;
    size_t name_end = at_;
    while (name_end > begin && is_blank(text_[name_end - 1])) --name_end;
    if (at_ == text_.size() || text_[at_] != '=') {
      file_.errors.add("missing-equals", lines_.span(begin, name_end),
                       "expected '=' after the name");
      return;
    }
    ++at_;
    Assignment out;
    out.name = text_.substr(begin, name_end - begin);
    out.name_span = lines_.span(begin, name_end);
    value(out);
    out.span = Span{out.name_span.line, out.name_span.column, out.value_span.end_line,
                    out.value_span.end_column};
    if (!is_utf8(out.name) || !is_utf8(out.value))
      file_.errors.add("invalid-utf8", out.span, "bytes that are not UTF-8", Effect::refused);
    else if (!is_name(out.name))
      file_.errors.add("invalid-name", out.name_span, "an environment variable has no such name");
    else
      file_.assignments.push_back(std::move(out));
  }

  void put(Assignment& out, char c, size_t from) {
    if (next_ != from || out.parts.empty()) {
      const Span place = lines_.span(from, from);
      out.parts.push_back({out.value.size(), place.line, place.column});
    }
    out.value.push_back(c);
    next_ = c == '\n' ? std::string_view::npos : from + 1;
  }

  // The states of systemd's reader: blanks, then quoted pieces with blanks between them taken out,
  // then bare text whose trailing blanks do not count. Bare text is never left for quotes again.
  void value(Assignment& out) {
    size_t first = std::string_view::npos;  // the value as it is written: [first, last)
    size_t last = at_;
    size_t kept = 0;  // bytes of the value that trailing blanks cannot take away
    bool bare = false;
    next_ = std::string_view::npos;
    for (; at_ < text_.size() && !is_newline(text_[at_]); ++at_) {
      const char c = text_[at_];
      if (is_blank(c)) {
        if (bare) put(out, c, at_);
        continue;
      }
      first = std::min(first, at_);
      if (!bare && (c == '\'' || c == '"')) {
        quoted(out, c);
        kept = out.value.size();
        last = std::min(at_ + 1, text_.size());
        if (at_ >= text_.size()) break;
        continue;
      }
      bare = true;
      if (c == '\\') {
        if (at_ + 1 >= text_.size()) {
          last = ++at_;
          break;
        }
        ++at_;
        if (!is_newline(text_[at_])) put(out, text_[at_], at_);
        // What a backslash was before is no trailing blank, even if a new line was eaten.
        kept = out.value.size();
      } else {
        put(out, c, at_);
        kept = out.value.size();
      }
      last = at_ + 1;
    }
    out.value.resize(kept);
    while (!out.parts.empty() && out.parts.back().offset >= kept) out.parts.pop_back();
    if (first == std::string_view::npos) first = last;
    out.value_span = lines_.span(first, last);
  }

  // From the opening quote to the closing one; at_ is left on it, or at the end of the text.
  void quoted(Assignment& out, char quote) {
    const size_t begin = at_;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) return;
      if (quote == '"' && c == '\\') {
        if (at_ + 1 == text_.size()) continue;  // escapes nothing
        const char escaped = text_[++at_];
        if (escaped == '\n') continue;
        if (std::string_view("\"\\`$").find(escaped) == std::string_view::npos)
          put(out, '\\', at_ - 1);
        put(out, escaped, at_);
      } else {
        put(out, c, at_);
      }
    }
    file_.errors.add("unterminated-quote", lines_.span(begin, begin + 1),
                     "the file ends inside these quotes");
  }

  std::string_view text_;
  LineIndex lines_;
  bool comment_goes_on_;
  size_t at_ = 0;
  size_t next_ = 0;  // the byte of the text that would go on with the current part
  File file_;
};

}  // namespace

Span place(const Assignment& assignment, size_t begin, size_t end) {
  const auto at = [&](size_t offset, bool is_end) -> std::pair<uint32_t, uint32_t> {
    // The end of a range belongs to the part that holds its last byte.
    const size_t inside = is_end && offset > begin ? offset - 1 : offset;
    auto part = std::upper_bound(assignment.parts.begin(), assignment.parts.end(), inside,
                                 [](size_t wanted, const Part& p) { return wanted < p.offset; });
    if (part == assignment.parts.begin())
      return {assignment.value_span.line, assignment.value_span.column};
    --part;
    return {part->line, part->column + static_cast<uint32_t>(offset - part->offset)};
  };
  const auto [line, column] = at(begin, false);
  const auto [end_line, end_column] = at(end, true);
  return {line, column, end_line, end_column};
}

File parse(std::string_view text, bool comment_goes_on) {
  return Parser(text, comment_goes_on).run();
}

}  // namespace drydock::parsers::env_file
