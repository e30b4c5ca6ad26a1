#include "parsers/shell_lexer.h"

#include <algorithm>

#include "parsers/shell.h"

namespace drydock::parsers::shell {
namespace {

constexpr std::string_view kOperators[] = {";;&", "&&", "||", ";;", ";&", "|&",
                                           ";",   "&",  "|",  "(",  ")"};
constexpr std::string_view kBreaks = " \t\n;&|()<>";
constexpr int kDepth = 40;

}  // namespace

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
      at_ += 2;
    } else if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blanks();
  const size_t begin = at_;
  if (at_ >= text_.size()) {
    if (!documents_.empty()) is_unfinished_ = true;
    return {Token::Kind::end, text_.size(), text_.size()};
  }
  const std::string_view rest = text_.substr(at_);
  if (rest[0] == '\n') {
    ++at_;
    skip_documents();
    return {Token::Kind::newline, begin, begin + 1};
  }
  // [n]< [n]> [n]>> <<< >& &> …: the operator and the word behind it.
  size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
  const bool is_both = rest.starts_with("&>");
  if (is_both || (digits < rest.size() && (rest[digits] == '<' || rest[digits] == '>'))) {
    size_t at = at_ + digits + (is_both ? 1 : 0);
    const size_t op = at;
    while (at < text_.size() &&
           (text_[at] == '<' || text_[at] == '>' || text_[at] == '&' || text_[at] == '|' ||
            text_[at] == '-') &&
           at - op < 3)
      ++at;
    const std::string_view shown = text_.substr(op, at - op);
    if ((shown == "<" || shown == ">") && at < text_.size() && text_[at] == '(') {
      // <(…): a process substitution is a word.
      at_ = substitution_end(at, 0);
      return {Token::Kind::word, begin, at_};
    }
    at_ = at;
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    const size_t target = at_;
    if (at_ < text_.size() && text_[at_] != '\n') at_ = word_end(at_);
    if (shown == "<<" || shown == "<<-")
      documents_.push_back({text_.substr(target, at_ - target), shown == "<<-"});
    return {Token::Kind::redirection, begin, std::max(at_, at)};
  }
  for (const std::string_view op : kOperators)
    if (rest.starts_with(op)) {
      at_ += op.size();
      return {Token::Kind::op, begin, at_};
    }
  at_ = word_end(at_);
  return {Token::Kind::word, begin, at_};
}

// The end of the word that begins at `at`.
size_t Lexer::word_end(size_t at) {
  const size_t begin = at;
  while (at < text_.size()) {
    const char c = text_[at];
    // NAME=(…) is an array, @(…) and its like are patterns: both belong to the word.
    if (c == '(' && at > begin &&
        std::string_view("=?*+@!").find(text_[at - 1]) != std::string_view::npos) {
      at = substitution_end(at, 0);
      continue;
    }
    if (kBreaks.find(c) != std::string_view::npos) break;
    if (c == '\\') {
      at = std::min(at + 2, text_.size());
    } else if (c == '"' || c == '\'' || c == '`' || c == '$') {
      at = quoted_end(at, 0);
    } else {
      ++at;
    }
  }
  return at;
}

void Lexer::skip_group(size_t at) {
  at_ = substitution_end(at, 0);
}

// The end of the quotation or expansion that begins at `at`.
size_t Lexer::quoted_end(size_t at, int depth) {
  const char open = text_[at];
  if (depth > kDepth) {
    is_unfinished_ = true;
    return text_.size();
  }
  if (open == '$') {
    if (at + 1 >= text_.size()) return at + 1;
    if (text_[at + 1] == '(' || text_[at + 1] == '{') return substitution_end(at + 1, depth);
    if (text_[at + 1] == '\'' || text_[at + 1] == '"') return quoted_end(at + 1, depth + 1);
    return at + 1;
  }
  for (++at; at < text_.size(); ++at) {
    if (text_[at] == open) return at + 1;
    if (open == '\'') continue;
    if (text_[at] == '\\') {
      ++at;
    } else if (open == '"' && (text_[at] == '`' || text_.substr(at).starts_with("$(") ||
                               text_.substr(at).starts_with("${"))) {
      at = quoted_end(at, depth + 1) - 1;
    }
  }
  is_unfinished_ = true;
  return text_.size();
}

// The end of "(…)" or "{…}" that begins at `at`.
size_t Lexer::substitution_end(size_t at, int depth) {
  const char open = text_[at];
  const char close = open == '(' ? ')' : '}';
  int level = 0;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == '\\') {
      at += 2;
    } else if (c == '"' || c == '\'' || c == '`') {
      at = quoted_end(at, depth + 1);
    } else if (c == '$' && at + 1 < text_.size() &&
               (text_[at + 1] == '(' || text_[at + 1] == '{')) {
      at = quoted_end(at, depth + 1);
    } else {
      ++at;
      // A bare '{' inside of ${…} is a character like others.
      if (c == open && (open == '(' || level == 0)) ++level;
      if (c == close && --level == 0) return at;
    }
  }
  is_unfinished_ = true;
  return text_.size();
}

// Behind the end of a line: the here-documents that it announced.
void Lexer::skip_documents() {
  for (const Document& document : documents_) {
    const std::string delimiter =
        unquote(document.delimiter).value_or(std::string(document.delimiter));
    bool found = false;
    while (!found && at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string_view line = text_.substr(at_, end - at_);
      if (document.strips_tabs)
        line.remove_prefix(std::min(line.find_first_not_of('\t'), line.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      found = line == delimiter;
      at_ = std::min(end + 1, text_.size());
    }
    if (!found) is_unfinished_ = true;
  }
  documents_.clear();
}

}  // namespace drydock::parsers::shell
