#include "parsers/sudoers_line.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::sudoers {

bool Line::more() {
  skip();
  return at_ < end_;
}

bool Line::take(char c) {
  if (peek() != c || at_ >= end_) return false;
  ++at_;
  return true;
}

std::string Line::word(std::string_view stops, std::string_view what) {
  if (!more()) fail(what);
  if (text_[at_] == '"') return quoted();
  const size_t begin = at_;
  std::string out;
  while (at_ < end_) {
    const char c = text_[at_];
    if (is_continuation(at_)) break;
    if (c == '\\' && at_ + 1 < end_) {
      out += text_[at_ + 1];
      at_ += 2;
      continue;
    }
    if (is_blank(c) || c == '"' || stops.find(c) != std::string_view::npos) break;
    out += c;
    ++at_;
  }
  if (at_ == begin) fail(what);
  return out;
}

std::string Line::quoted() {
  const size_t begin = at_++;
  std::string out;
  while (at_ < end_ && text_[at_] != '"') {
    if (is_continuation(at_)) {
      skip_continuation();
      continue;
    }
    // Inside quotes only \" is special.
    if (text_[at_] == '\\' && at_ + 1 < end_ && text_[at_ + 1] == '"') ++at_;
    out += text_[at_++];
  }
  if (at_ >= end_)
    throw Mistake{"unterminated-quote", begin, end_, "the line ends inside of double quotes"};
  ++at_;
  if (out.empty()) throw Mistake{"syntax", begin, at_, "expected something between the quotes"};
  return out;
}

void Line::command(Item& item, bool with_arguments) {
  const size_t begin = at_;
  is_regex_ = text_[at_] == '^';
  item.text = command_word(false);
  size_t last = at_;
  std::string arguments;
  bool any = false;
  while (with_arguments && item.text.back() != '/') {
    skip();
    if (at_ >= end_ || ends_arguments(at_)) break;
    if (any) arguments += ' ';
    if (!any && text_[at_] == '^') is_regex_ = true;
    any = true;
    arguments += command_word(true);
    last = at_;
  }
  if (any) item.arguments = arguments == "\"\"" ? std::string() : arguments;
  item.span = lines_.span(begin, last);
}

void Line::fail(std::string_view expected) {
  skip();
  const size_t begin = std::min(at_, end_ > 0 ? end_ : 0);
  size_t end = begin;
  while (end < end_ && !is_blank(text_[end]) && text_[end] != '\n') ++end;
  throw Mistake{"syntax", begin, end, "expected " + std::string(expected)};
}

bool Line::may_be_escaped(char c, bool is_argument) const {
  if (is_regex_ || ends_command(c) || is_blank(c) || c == '#') return true;
  return is_argument && std::string_view("\\*?[]!^").find(c) != std::string_view::npos;
}

bool Line::ends_arguments(size_t at) const {
  if (text_[at] != '=') return ends_command(text_[at]);
  return at + 1 >= end_ || is_blank(text_[at + 1]) || text_[at + 1] == '\n' ||
         std::string_view("#\\:,").find(text_[at + 1]) != std::string_view::npos;
}

std::string Line::command_word(bool is_argument) {
  std::string out;
  bool is_first = true;  // of what is matched in one go: behind an escape it starts again
  while (at_ < end_ && !is_continuation(at_)) {
    const char c = text_[at_];
    if (c == '\\' && at_ + 1 < end_) {
      const char next = text_[at_ + 1];
      if (!may_be_escaped(next, is_argument))
        throw Mistake{"syntax", at_, at_ + 2, "expected no backslash before this character"};
      if (!ends_command(next) && !is_blank(next) && next != '#' && next != '\\') out += '\\';
      out += next;
      at_ += 2;
      is_first = true;
      continue;
    }
    if (is_blank(c)) break;
    const bool ends = !is_argument ? ends_command(c)
                      : c == '='   ? is_first && ends_arguments(at_)
                                   : ends_command(c);
    if (ends) break;
    is_first = false;
    out += c;
    ++at_;
  }
  return out;
}

bool Line::is_continuation(size_t at) const {
  if (at >= end_ || text_[at] != '\\') return false;
  size_t i = at + 1;
  while (i < end_ && (is_blank(text_[i]) || text_[i] == '\r')) ++i;
  return i < end_ && text_[i] == '\n';
}

void Line::skip() {
  while (at_ < end_) {
    if (is_continuation(at_)) {
      skip_continuation();
    } else if (is_blank(text_[at_]) || text_[at_] == '\r') {
      ++at_;
    } else {
      return;
    }
  }
}

Extent extent(std::string_view text, size_t begin) {
  bool in_quotes = false;
  for (size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') return {i, i + 1};
    if (c == '"') in_quotes = !in_quotes;
    if (c == '\\') {
      size_t n = i + 1;
      while (n < text.size() && (is_blank(text[n]) || text[n] == '\r')) ++n;
      if (n < text.size() && text[n] == '\n') {
        i = n;
      } else if (i + 1 < text.size() && text[i + 1] != '\n') {
        ++i;
      }
      continue;
    }
    // "#1000" is a user id, everything else a comment.
    if (c == '#' && !in_quotes) {
      const size_t n = i + 1;
      const bool is_id =
          n < text.size() &&
          (is_digit(text[n]) || (text[n] == '-' && n + 1 < text.size() && is_digit(text[n + 1])));
      if (is_id) continue;
      return {i, std::min(text.find('\n', i), text.size() - 1) + 1};
    }
  }
  return {text.size(), text.size()};
}

}  // namespace drydock::parsers::sudoers
