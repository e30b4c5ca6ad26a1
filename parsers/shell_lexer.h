// Cuts a shell script into words and operators: the part of parsers/shell that knows quotes.
#pragma once

#include <string_view>
#include <vector>

#include "analyzer/base/span.h"

namespace drydock::parsers::shell {

struct Token {
  enum class Kind : uint8_t { word, op, newline, redirection, end };
  Kind kind = Kind::end;
  size_t begin = 0;  // bytes of the text
  size_t end = 0;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text), lines_(text) {}

  // The next token; comments, blanks and here-documents are left out, a redirection comes with its
  // target.
  Token next();

  std::string_view text() const { return text_; }
  std::string_view text(const Token& token) const {
    return text_.substr(token.begin, token.end - token.begin);
  }
  Span span(size_t begin, size_t end) const { return lines_.span(begin, end); }

  // Goes on behind the "(…)" that begins at `at`, with whatever parentheses it holds.
  void skip_group(size_t at);

  // The text ended inside of a quote, a substitution or a here-document.
  bool is_unfinished() const { return is_unfinished_; }

 private:
  void skip_blanks();
  size_t word_end(size_t at);
  size_t quoted_end(size_t at, int depth);
  size_t substitution_end(size_t at, int depth);
  void skip_documents();

  std::string_view text_;
  LineIndex lines_;
  size_t at_ = 0;
  struct Document {
    std::string_view delimiter;  // as it is written
    bool strips_tabs;
  };
  std::vector<Document> documents_;  // that begin behind the line
  bool is_unfinished_ = false;
};

}  // namespace drydock::parsers::shell
