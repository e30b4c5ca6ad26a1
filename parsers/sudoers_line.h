// Logical lines of sudoers(5), and the words in them.
#pragma once

#include <string>
#include <string_view>

#include "parsers/sudoers.h"

namespace drydock::parsers::sudoers {

// What ends a logical line early. Caught in parse(); never leaves the parser of sudoers.
struct Mistake {
  std::string_view code;
  size_t begin, end;
  std::string message;
};

// One logical line: physical lines joined where a backslash ends one (sudoers(5): "Long lines can be
// continued with the backslash as the last character"), comments cut off.
class Line {
 public:
  Line(std::string_view text, const LineIndex& lines, size_t begin, size_t end)
      : text_(text), lines_(lines), at_(begin), end_(end) {}

  // Skips blanks and continuations; true if anything is left.
  bool more();
  char peek() { return more() ? text_[at_] : '\0'; }
  size_t at() const { return at_; }
  Span span(size_t begin, size_t end) const { return lines_.span(begin, end); }

  // Passes over `c` if it is next.
  bool take(char c);

  bool starts_with(std::string_view word) { return more() && rest().starts_with(word); }
  std::string_view rest() const { return text_.substr(at_, end_ - at_); }
  void advance(size_t n) { at_ = std::min(end_, at_ + n); }

  // A word up to a blank or one of `stops`, with backslashes taken off, or a string in double quotes. `what` is what
  // fail() says where there is none.
  std::string word(std::string_view stops, std::string_view what);
  // The string whose opening quote is next.
  std::string quoted();

  // The path and the arguments of a command, from here to an unescaped ',', ':' or '='.
  void command(Item& item, bool with_arguments);

  // Throws a Mistake at the next word.
  [[noreturn]] void fail(std::string_view expected);

 private:
  static bool ends_command(char c) { return c == ',' || c == ':' || c == '='; }

  // In a path only what would end it can have a backslash, among arguments what a pattern is made of too; a
  // regular expression may have any.
  bool may_be_escaped(char c, bool is_argument) const;

  // Among arguments a '=' ends the command only if it stands alone: "a=b" and "=b" are words.
  bool ends_arguments(size_t at) const;

  // sudoers(5): in commands ',', ':', '=' and '\' "must be escaped with a backslash"; blanks and '#' may be.
  // Other backslashes belong to the glob and stay.
  std::string command_word(bool is_argument);

  // A backslash at the end of a physical line, with blanks between at most.
  bool is_continuation(size_t at) const;
  void skip_continuation() { at_ = text_.find('\n', at_) + 1; }

  // Passes over blanks and continuations.
  void skip();

  std::string_view text_;
  const LineIndex& lines_;
  size_t at_;
  size_t end_;
  bool is_regex_ = false;  // the command, or its arguments, that are read now
};

// Where the logical line that begins at `begin` ends: its text before a comment, and the next line.
struct Extent {
  size_t end;
  size_t next;
};
Extent extent(std::string_view text, size_t begin);

}  // namespace drydock::parsers::sudoers
