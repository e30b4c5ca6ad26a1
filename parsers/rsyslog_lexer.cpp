#include "parsers/rsyslog_lexer.h"
#include "parsers/characters.h"

#include <algorithm>

namespace drydock::parsers::rsyslog {

namespace {

constexpr std::string_view kObjects[] = {
    "main_queue", "timezone",  "parser",       "global",           "input",
    "module",     "dyn_stats", "lookup_table", "percentile_stats", "ratelimit"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}
bool is_octal(char c) {
  return c >= '0' && c <= '7';
}
bool is_one_of(char c, std::string_view set) {
  return c != '\0' && set.find(c) != std::string_view::npos;
}

}  // namespace

Lexer::Lexer(std::string_view text, File& file) : given_(text), index_(text), file_(file) {
  join(text);
}

// White space at the end of a line is dropped, and that before a line which continues another. Behind joined
// lines rsyslogd notes the number of the next in the text itself, which breaks an object that goes on there.
void Lexer::join(std::string_view text) {
  text_.reserve(text.size() + 1);
  origins_.reserve(text.size() + 1);
  const auto add = [&](char c, size_t origin) {
    text_ += c;
    origins_.push_back(origin);
  };
  bool continues = false, note = false;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    const size_t next = end + 1;
    const size_t start = begin;
    if (nul_.line == 0 && text.substr(begin, end - begin).find('\0') != text.npos)
      nul_ = index_.span(begin, end);
    if (note)
      for (const char c : std::string_view("PreprocFileLineNumber(1)\n")) add(c, start);
    note = false;
    while (end > begin && is_space(text[end - 1])) --end;
    if (continues)
      while (begin < end && is_space(text[begin])) ++begin;
    const bool more = end > begin && text[end - 1] == '\\';
    for (size_t i = begin; i < end - (more ? 1 : 0); ++i) add(text[i], i);
    if (!more) {
      add('\n', std::min(end, text.size()));
      note = continues;
    }
    continues = more;
    begin = next;
  }
  if (text_.empty() || text_.back() != '\n') add('\n', text.size());
}

Span Lexer::span(size_t begin, size_t end) const {
  const auto origin = [&](size_t i) { return i < origins_.size() ? origins_[i] : given_.size(); };
  return index_.span(origin(begin), end > begin ? origin(end - 1) + 1 : origin(begin));
}

std::string Lexer::text(size_t begin, size_t end) const {
  return text_.substr(begin, end - begin);
}

size_t Lexer::line_end(size_t from) const {
  if (from < line_begin_ || from > line_end_) {
    line_begin_ = from;
    line_end_ = std::min(text_.find('\n', from), text_.size());
  }
  return line_end_;
}

Token Lexer::token(Kind kind, size_t length) {
  Token out{kind, at_, at_ + length, {}};
  at_ += length;
  return out;
}

// One error for a row of them.
void Lexer::stray() {
  if (stray_ == SIZE_MAX || stray_ + 1 != at_)
    file_.errors.add("bad-character", span(at_, at_ + 1), "rsyslogd takes no such character here");
  stray_ = at_++;
}

// "/* … */"; without an end it goes to that of the file.
bool Lexer::comment() {
  if (at(at_) != '/' || at(at_ + 1) != '*') return false;
  const size_t end = text_.find("*/", at_ + 2);
  at_ = end == std::string::npos ? text_.size() : end + 2;
  return true;
}

Token Lexer::next() {
  switch (state_) {
    case State::plain:
      return plain();
    case State::object:
      return in_object();
    case State::expression:
      return in_expression();
    default:
      return in_call();
  }
}

// Behind the closing quote of the string at `from`; 0 if it is none, as one with an escape that is unknown.
size_t Lexer::string_end(size_t from) const {
  const char quote = at(from);
  const bool in_object = state_ == State::object;
  for (size_t i = from + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == quote) return i + 1;
    if (c == '$' && quote == '"' && !in_object) return 0;
    if (c != '\\') continue;
    const char e = at(++i);
    if (is_octal(e) && (in_object || (is_octal(at(i + 1)) && is_octal(at(i + 2))))) continue;
    if (!is_one_of(e,
                   in_object ? (quote == '`' ? "'`?\\abfnrtv" : "'\"?\\abfnrtv") : "'\"`\\$bntrx"))
      return 0;
  }
  return 0;
}

std::string Lexer::unescaped(size_t begin, size_t end) const {
  std::string out;
  for (size_t i = begin; i < end; ++i) {
    if (text_[i] != '\\' || i + 1 >= end) {
      out += text_[i];
      continue;
    }
    const char e = text_[++i];
    constexpr std::string_view kFrom = "abfnrtv", kTo = "\a\b\f\n\r\t\v";
    if (const size_t known = kFrom.find(e); known != std::string_view::npos) {
      out += kTo[known];
    } else if (is_octal(e) && is_octal(at(i + 1)) && is_octal(at(i + 2)) && i + 2 < end) {
      out += static_cast<char>((e - '0') * 64 + (text_[i + 1] - '0') * 8 + (text_[i + 2] - '0'));
      i += 2;
    } else {
      out += e;
    }
  }
  return out;
}

Token Lexer::in_object() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
    } else if (c == '#') {
      at_ = line_end(at_);
    } else if (comment()) {
    } else if (is_letter(c)) {
      size_t end = at_;
      while (is_letter(at(end)) || is_digit(at(end)) || is_one_of(at(end), "_.")) ++end;
      Token out = token(Kind::name, end - at_);
      out.word = lower(text(out.begin, out.end));
      return out;
    } else if (const size_t end = c == '"' || c == '`' ? string_end(at_) : 0) {
      Token out = token(Kind::string, end - at_);
      out.word = unescaped(out.begin + 1, out.end - 1);
      return out;
    } else if (c == ')') {
      state_ = State::plain;
      return token(Kind::close, 1);
    } else if (c == ',') {
      return token(Kind::comma, 1);
    } else if (c == '[') {
      return token(Kind::open_bracket, 1);
    } else if (c == ']') {
      return token(Kind::close_bracket, 1);
    } else if (c == '=') {
      return token(Kind::equals, 1);
    } else {
      stray();
    }
  }
  return token(Kind::end, 0);
}

Token Lexer::in_expression() {
  struct Word {
    std::string_view text;
    Kind kind;
  };
  static constexpr Word kWords[] = {
      {"then", Kind::word_then},       {"do", Kind::word_do},
      {"or", Kind::operation},         {"and", Kind::operation},
      {"not", Kind::word_not},         {"in", Kind::word_in},
      {"contains", Kind::operation},   {"contains_i", Kind::operation},
      {"startswith", Kind::operation}, {"startswith_i", Kind::operation},
      {"endswith", Kind::operation}};
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
      continue;
    }
    if (comment()) continue;
    if (is_letter(c)) {
      size_t end = at_;
      while (is_letter(at(end)) || is_digit(at(end)) || at(end) == '_') ++end;
      const std::string word = lower(text(at_, end));
      for (const Word& known : kWords) {
        if (known.text != word) continue;
        if (known.kind == Kind::word_then || known.kind == Kind::word_do) state_ = State::plain;
        return token(known.kind, end - at_);
      }
      return token(Kind::function, end - at_);
    }
    if (is_digit(c)) {
      size_t end = at_ + 1;
      if (c != '0')
        while (is_digit(at(end))) ++end;
      else if (lower(at(end)) == 'x' &&
               (is_digit(at(end + 1)) || (lower(at(end + 1)) >= 'a' && lower(at(end + 1)) <= 'f')))
        for (++end; is_digit(at(end)) || (lower(at(end)) >= 'a' && lower(at(end)) <= 'f');) ++end;
      else
        while (is_octal(at(end))) ++end;
      return token(Kind::number, end - at_);
    }
    if (c == '$') {
      size_t end = at_ + 1;
      if (is_one_of(at(end), "$!./")) ++end;
      while (is_letter(at(end)) || is_one_of(at(end), "@_")) ++end;
      while (is_letter(at(end)) || is_digit(at(end)) || is_one_of(at(end), "!@-_.[]")) ++end;
      return token(Kind::variable, end - at_);
    }
    if (is_one_of(c, "'\"`")) {
      if (const size_t end = string_end(at_)) return token(Kind::string, end - at_);
      // One with a "$" in double quotes is passed over whole: "must be escaped".
      stray();
      if (c == '"' && at(stray_) == '"') {
        state_ = State::object;
        if (const size_t end = string_end(stray_)) at_ = end;
        state_ = State::expression;
      }
      continue;
    }
    switch (c) {
      case ';':
        state_ = State::plain;
        return token(Kind::semicolon, 1);
      case '(':
        return token(Kind::open, 1);
      case ')':
        return token(Kind::close, 1);
      case '[':
        return token(Kind::open_bracket, 1);
      case ']':
        return token(Kind::close_bracket, 1);
      case ',':
        return token(Kind::comma, 1);
      case '=':
        return at(at_ + 1) == '=' ? token(Kind::operation, 2) : token(Kind::equals, 1);
      case '<':
        return token(Kind::operation, is_one_of(at(at_ + 1), "=>") ? 2 : 1);
      case '>':
        return token(Kind::operation, at(at_ + 1) == '=' ? 2 : 1);
      case '-': {
        Token out = token(Kind::operation, 1);
        out.word = "-";
        return out;
      }
      case '*':
      case '/':
      case '%':
      case '+':
      case '&':
        return token(Kind::operation, 1);
      case '!':
        if (at(at_ + 1) == '=') return token(Kind::operation, 2);
        break;
      default:
        break;
    }
    stray();
  }
  return token(Kind::end, 0);
}

Token Lexer::in_call() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_blank(c)) {
      ++at_;
    } else if (state_ == State::call && is_letter(c)) {
      size_t end = at_;
      while (is_letter(at(end)) || is_digit(at(end)) || is_one_of(at(end), "-_.")) ++end;
      if (end == at_ + 1) {
        stray();  // a name of one character is none
        continue;
      }
      state_ = State::plain;
      return token(Kind::name, end - at_);
    } else if (state_ == State::procedure && is_one_of(c, "(,")) {
      return token(c == '(' ? Kind::open : Kind::comma, 1);
    } else if (state_ == State::procedure && c == ')') {
      state_ = State::plain;
      return token(Kind::close, 1);
    } else if (const size_t end =
                   state_ == State::procedure && is_one_of(c, "'\"") ? string_end(at_) : 0) {
      return token(Kind::string, end - at_);
    } else {
      stray();
    }
  }
  return token(Kind::end, 0);
}

// The length of "kind (", and what kind; 0 if there is none.
size_t Lexer::object_begin(std::string_view& kind) const {
  size_t end = at_;
  while (is_letter(at(end)) || at(end) == '_') ++end;
  kind = std::string_view(text_).substr(at_, end - at_);
  while (is_blank(at(end))) ++end;
  return kind.empty() || at(end) != '(' ? 0 : end + 1 - at_;
}

// "*.*", "auth,authpriv.none;mail.=err", with the blanks before it.
size_t Lexer::priority_filter() const {
  size_t i = at_;
  while (at(i) == ' ' || at(i) == '\t') ++i;
  const size_t name = i;
  while (is_letter(at(i)) || at(i) == '*') ++i;
  if (i == name) return 0;
  while (is_octal(at(i))) ++i;
  if (!is_one_of(at(i), ".,")) return 0;
  const size_t rest = ++i;
  while (is_letter(at(i)) || is_octal(at(i)) || is_one_of(at(i), ",!=;.*")) ++i;
  return i == rest ? 0 : i - at_;
}

// ":msg, contains, "text"", with the blanks before it.
size_t Lexer::property_filter() const {
  size_t i = at_;
  while (at(i) == ' ' || at(i) == '\t') ++i;
  if (at(i++) != ':') return 0;
  if (at(i) == '$') ++i;
  const auto blanks = [&] {
    while (at(i) == ' ') ++i;
  };
  const size_t property = i;
  while (is_letter(at(i)) || at(i) == '-') ++i;
  if (i == property) return 0;
  blanks();
  if (at(i++) != ',') return 0;
  blanks();
  if (at(i) == '!') ++i;
  const size_t operation = i;
  while (is_letter(at(i))) ++i;
  if (i == operation) return 0;
  blanks();
  if (at(i++) != ',') return 0;
  blanks();
  if (at(i++) != '"') return 0;
  // The longest: it may go over lines, and "\"" is no end unless there is no other.
  size_t found = 0;
  for (; i < text_.size(); ++i) {
    if (text_[i] != '"') continue;
    found = i + 1 - at_;
    if (text_[i - 1] != '\\') break;
  }
  return found;
}

size_t Lexer::legacy_action() const {
  const char c = at(at_);
  const size_t to_end = line_end(at_) - at_;
  size_t length = c == '~' || c == '*' ? 1 : 0;
  if (c == '/' && to_end > 1 && at(at_ + 1) != '*') length = to_end;
  if (c == ':') {
    size_t i = at_ + 1;
    while (is_letter(at(i)) || is_digit(at(i))) ++i;
    if (i > at_ + 1 && at(i) == ':') length = to_end;
  }
  if (is_one_of(c, "|.-@^?~>") && to_end > 1) length = to_end;
  if (is_letter(c) || is_digit(c) || c == '_') {
    size_t i = at_ + 1;
    while (is_letter(at(i)) || is_digit(at(i)) || is_one_of(at(i), "_-+,;")) ++i;
    length = i - at_;
  }
  return length;
}

// "!program" and "+host" of the BSDs, which end with their line.
size_t Lexer::host_selector() const {
  const size_t end = line_end(at_);
  size_t i = at_;
  if (at(i) == '!' && end > i + 1 && i >= blank_) {
    blank_ = std::min(std::string_view(text_).substr(i, end - i).find_first_of(" \t"), end - i) + i;
    if (blank_ == end) return end - at_;
  }
  if (at(i) == '+' && at(i + 1) == '*' && (end == i + 2 || at(i + 2) == '#' || at(i + 2) == ' '))
    return end - at_;
  if (at_ > 0 && text_[at_ - 1] != '\n') return 0;
  while (at(i) == ' ' || at(i) == '\t') ++i;
  if (at(i) != '+' && at(i) != '-') return 0;
  const size_t name = ++i;
  while (is_letter(at(i)) || is_digit(at(i)) || is_one_of(at(i), ".:-")) ++i;
  return i > name && i == end ? end - at_ : 0;
}

// "$Name value" to the end of the line; true if it is one that the grammar does not see.
bool Lexer::directive() {
  const size_t begin = at_;
  const std::string head = lower(text(begin, begin + 14));
  if (head == "$includeconfig") {
    // The next word of more than one character, be it on another line.
    size_t value = begin + 14, end = value;
    do {
      value = end;
      while (is_blank(at(value))) ++value;
      end = value;
      while (end < text_.size() && !is_blank(text_[end])) ++end;
    } while (end == value + 1);
    at_ = end;
    file_.statements.push_back(
        Legacy{"includeconfig", text(value, end), span(begin, end), span(value, end)});
    return true;
  }
  size_t end = line_end(begin);
  at_ = end;
  const bool is_ruleset = head.starts_with("$ruleset ");
  // A comment may follow behind white space.
  for (size_t i = begin + 1; i < end; ++i)
    if (text_[i] == '#' && is_space(text_[i - 1])) end = i;
  while (end > begin && is_space(text_[end - 1])) --end;
  size_t name_end = begin + 1;
  while (name_end < end && !is_space(text_[name_end])) ++name_end;
  size_t value = name_end;
  while (value < end && is_space(text_[value])) ++value;
  file_.statements.push_back(Legacy{lower(text(begin + 1, name_end)), text(value, end),
                                    span(begin, end), span(value, end)});
  return !is_ruleset;
}

Token Lexer::plain() {
  struct Word {
    std::string_view text;
    Kind kind;
    State state;
  };
  static constexpr Word kWords[] = {{"if", Kind::word_if, State::expression},
                                    {"foreach", Kind::word_foreach, State::expression},
                                    {"reload_lookup_table", Kind::reload, State::procedure},
                                    {"stop", Kind::word_stop, State::plain},
                                    {"else", Kind::word_else, State::plain},
                                    {"call", Kind::word_call, State::call},
                                    {"call_indirect", Kind::call_indirect, State::expression},
                                    {"set", Kind::word_set, State::expression},
                                    {"reset", Kind::word_set, State::expression},
                                    {"unset", Kind::word_unset, State::expression},
                                    {"continue", Kind::word_stop, State::plain}};
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const bool begins_line = at_ == 0 || text_[at_ - 1] == '\n';
    if (begins_line) {
      const size_t property = property_filter(), priority = priority_filter();
      if (property > 0) return token(Kind::property_filter, property);
      if (priority > 0 && priority >= legacy_action()) {
        Token out = token(Kind::priority_filter, priority);
        while (is_blank(text_[out.begin])) ++out.begin;
        return out;
      }
    }
    if (const size_t host = host_selector(); host > 0 && host > legacy_action())
      return token(Kind::nothing, host);
    if (is_blank(c)) {
      ++at_;
      continue;
    }
    if (comment()) continue;
    if (c == '#') {
      at_ = line_end(at_);
      continue;
    }
    if (c == '$' && is_letter(at(at_ + 1))) {
      const size_t begin = at_;
      if (directive()) continue;
      return {Kind::nothing, begin, at_, {}};
    }
    if (c == '&') return token(Kind::ampersand, 1);
    if (c == '{') return token(Kind::open_brace, 1);
    if (c == '}') return token(Kind::close_brace, 1);
    std::string_view kind;
    if (const size_t length = object_begin(kind)) {
      const std::string word = lower(kind.substr(0, 32));
      if (word == "preprocfilelinenumber") {
        at_ = std::min(text_.find(')', at_), text_.size() - 1) + 1;
        continue;
      }
      const Kind known = word == "include"                                         ? Kind::include
                         : word == "action"                                        ? Kind::action
                         : word == "template"                                      ? Kind::templat
                         : word == "ruleset"                                       ? Kind::ruleset
                         : word == "property" || word == "constant"                ? Kind::constant
                         : std::ranges::find(kObjects, word) != std::end(kObjects) ? Kind::object
                                                                                   : Kind::wrong;
      if (known != Kind::wrong) {
        state_ = State::object;
        Token out = token(known, length);
        out.word = word;
        return out;
      }
    }
    if (const size_t length = legacy_action()) {
      if (is_letter(c) && length <= 20) {
        const std::string word = lower(text(at_, at_ + length));
        for (const Word& known : kWords) {
          if (known.text != word) continue;
          state_ = known.state;
          return token(known.kind, length);
        }
      }
      return token(Kind::legacy_action, length);
    }
    stray();
  }
  return token(Kind::end, 0);
}

}  // namespace drydock::parsers::rsyslog
