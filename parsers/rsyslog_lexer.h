// The words of a rsyslog.conf, as rsyslogd's own lexer takes them: the longest match of those that its state allows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/rsyslog.h"

namespace drydock::parsers::rsyslog {

enum class Kind : uint8_t {
  end,
  nothing,  // "$RuleSet name", "!program", "+host"
  // What objects begin with, the bracket included.
  object,
  include,
  action,
  templat,
  ruleset,
  constant,
  priority_filter,
  property_filter,
  legacy_action,
  open_brace,
  close_brace,
  ampersand,
  word_if,
  word_then,
  word_else,
  word_foreach,
  word_do,
  word_in,
  word_set,
  word_unset,
  word_stop,
  word_call,
  call_indirect,
  reload,
  word_not,
  operation,
  variable,
  number,
  string,
  function,
  name,
  open,
  close,
  open_bracket,
  close_bracket,
  comma,
  equals,
  semicolon,
  wrong
};

struct Token {
  Kind kind = Kind::end;
  size_t begin = 0, end = 0;  // in the joined text
  std::string word;  // of a name, an object or an operator in lower case; what a string says
};

class Lexer {
 public:
  // Notes directives and stray characters in `file` as it comes to them, as rsyslogd does.
  Lexer(std::string_view text, File& file);

  Token next();

  // By offsets in the joined text.
  Span span(size_t begin, size_t end) const;
  std::string text(size_t begin, size_t end) const;
  // The line with the first NUL byte; of no length if there is none.
  Span nul() const { return nul_; }

 private:
  enum class State : uint8_t { plain, object, expression, call, procedure };

  void join(std::string_view text);
  char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  size_t line_end(size_t from) const;
  size_t string_end(size_t from) const;
  std::string unescaped(size_t begin, size_t end) const;
  bool comment();
  void stray();
  Token token(Kind kind, size_t length);
  Token plain();
  Token in_object();
  Token in_expression();
  Token in_call();
  size_t object_begin(std::string_view& kind) const;
  size_t priority_filter() const;
  size_t property_filter() const;
  size_t legacy_action() const;
  size_t host_selector() const;
  bool directive();

  std::string text_;             // the lines, joined where one ends in "\"
  std::vector<size_t> origins_;  // of each of its characters
  std::string_view given_;
  LineIndex index_;
  File& file_;
  State state_ = State::plain;
  size_t at_ = 0;
  size_t stray_ = SIZE_MAX;  // where the last one stands
  Span nul_;
  mutable size_t line_begin_ = 1, line_end_ = 0;  // the line that line_end() knows
  mutable size_t blank_ = 0;                      // up to here no "!" begins a tag
};

}  // namespace drydock::parsers::rsyslog
