#include "parsers/directives.h"

#include <algorithm>

namespace drydock::parsers::directives {

namespace {

constexpr std::string_view kBlank = " \t\r\f\v";

struct Piece {
  size_t begin, end;  // bytes of the text, without white space around
};

Piece trimmed(std::string_view text, size_t begin, size_t end) {
  while (begin < end && kBlank.find(text[begin]) != std::string_view::npos) ++begin;
  while (end > begin && kBlank.find(text[end - 1]) != std::string_view::npos) --end;
  return {begin, end};
}

class Reader {
 public:
  Reader(std::string_view text, const Style& style) : text_(text), style_(style), index_(text) {}

  File read() {
    for (size_t begin = 0; begin < text_.size();) {
      const size_t found = text_.find('\n', begin);
      const size_t end = found == std::string_view::npos ? text_.size() : found;
      line(begin, end);
      begin = found == std::string_view::npos ? text_.size() : found + 1;
    }
    finish();
    return std::move(file_);
  }

 private:
  void line(size_t begin, size_t end) {
    const bool indented = begin < end && kBlank.find(text_[begin]) != std::string_view::npos;
    Piece piece = trimmed(text_, begin, end);
    if (style_.inline_comments) {
      for (size_t at = piece.begin + 1; at < piece.end; ++at)
        if (text_[at] == '#' && kBlank.find(text_[at - 1]) != std::string_view::npos) {
          piece = trimmed(text_, piece.begin, at);
          break;
        }
    }
    const bool comment = piece.begin < piece.end &&
                         style_.comments.find(text_[piece.begin]) != std::string_view::npos;
    if (piece.begin == piece.end || comment) {
      // postconf(5): empty lines and comments do not end a continuation.
      if (!style_.leading_space_continues) finish();
      return;
    }
    const bool continues =
        !pieces_.empty() && ((style_.leading_space_continues && indented) || open_backslash_);
    if (!continues) finish();
    open_backslash_ = style_.backslash_continues && text_[piece.end - 1] == '\\';
    if (open_backslash_) piece = trimmed(text_, piece.begin, piece.end - 1);
    pieces_.push_back(piece);
    if (!open_backslash_ && !style_.leading_space_continues) finish();
  }

  void finish() {
    open_backslash_ = false;
    if (pieces_.empty()) return;
    const std::vector<Piece> pieces = std::move(pieces_);
    pieces_.clear();
    const Piece first = pieces.front();
    const std::string_view head = text_.substr(first.begin, first.end - first.begin);
    const Span whole = index_.span(first.begin, pieces.back().end);
    for (const Piece& piece : pieces)
      if (text_.substr(piece.begin, piece.end - piece.begin).find('\0') != std::string_view::npos)
        return file_.errors.add("nul-byte", whole, "a NUL byte in the line");
    size_t name_end = 0, value_begin = 0;
    if (style_.separator == ' ') {
      name_end = std::min(head.find_first_of(kBlank), head.size());
      value_begin = name_end;
    } else {
      const size_t at = head.find(style_.separator);
      if (at == std::string_view::npos)
        return file_.errors.add("missing-separator", whole,
                                std::string("expected '") + style_.separator + "' after the name");
      name_end = at;
      value_begin = at + 1;
    }
    const Piece name = trimmed(text_, first.begin, first.begin + name_end);
    if (name.begin == name.end)
      return file_.errors.add("empty-name", whole, "there is no name before the separator");
    Directive directive;
    directive.name = text_.substr(name.begin, name.end - name.begin);
    directive.span = whole;
    Piece value = trimmed(text_, first.begin + value_begin, first.end);
    const size_t value_end = pieces.size() > 1 ? pieces.back().end : value.end;
    if (value.begin == value.end && pieces.size() > 1) value.begin = value.end = pieces[1].begin;
    directive.value = text_.substr(value.begin, value.end - value.begin);
    for (size_t i = 1; i < pieces.size(); ++i) {
      if (!directive.value.empty()) directive.value += ' ';
      directive.value += text_.substr(pieces[i].begin, pieces[i].end - pieces[i].begin);
    }
    directive.value_span = index_.span(value.begin, std::max(value_end, value.begin));
    std::string& v = directive.value;
    if (style_.quotes && v.size() >= 2 && (v.front() == '"' || v.front() == '\'') &&
        v.back() == v.front())
      v = v.substr(1, v.size() - 2);
    file_.directives.push_back(std::move(directive));
  }

  std::string_view text_;
  const Style& style_;
  LineIndex index_;
  File file_;
  std::vector<Piece> pieces_;  // the lines of the directive that is being read
  bool open_backslash_ = false;
};

}  // namespace

File parse(std::string_view text, const Style& style) {
  return Reader(text, style).read();
}

}  // namespace drydock::parsers::directives
