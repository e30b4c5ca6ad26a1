#include "parsers/grub_script.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::grub_script {
namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool ends_word(char c) {
  return is_blank_or_return(c) || c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' ||
         c == '>';
}

struct Token {
  enum class Kind : uint8_t { word, separator, end };
  Kind kind = Kind::end;
  Word word;
  bool is_plain = false;  // unquoted: may be a keyword
  size_t begin = 0, end = 0;
};

class Lexer {
 public:
  Lexer(std::string_view text, const LineIndex& lines, SyntaxErrors& errors)
      : text_(text), lines_(lines), errors_(errors) {}

  bool failed() const { return failed_; }

  Token next() {
    skip_blanks();
    Token token;
    token.begin = token.end = at_;
    if (at_ >= text_.size()) return token;
    const char c = text_[at_];
    if (c == '\n' || c == ';' || c == '&' || c == '|' || c == '<' || c == '>') {
      ++at_;
      token.kind = Token::Kind::separator;
      token.end = at_;
      return token;
    }
    token.kind = Token::Kind::word;
    token.is_plain = true;
    if (c == '{' || c == '}') {  // braces stand for themselves
      add(token.word, std::string(1, c), false);
      ++at_;
    } else {
      read_word(token);
    }
    token.end = at_;
    token.word.span = lines_.span(token.begin, token.end);
    return token;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size()) {
      if (is_blank_or_return(text_[at_]))
        ++at_;
      else if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n')
        at_ += 2;
      else if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else
        return;
    }
  }

  static void add(Word& word, std::string text, bool quoted) {
    if (!word.pieces.empty() && !word.pieces.back().is_variable &&
        word.pieces.back().is_quoted == quoted)
      word.pieces.back().text += text;
    else
      word.pieces.push_back({false, quoted, std::move(text)});
  }

  void read_word(Token& token) {
    Word& word = token.word;
    while (at_ < text_.size() && !ends_word(text_[at_]) && text_[at_] != '{' && text_[at_] != '}') {
      const char c = text_[at_];
      if (c == '\\') {
        token.is_plain = false;
        ++at_;
        if (at_ < text_.size() && text_[at_] != '\n') add(word, std::string(1, text_[at_]), true);
        if (at_ < text_.size()) ++at_;
      } else if (c == '\'') {
        token.is_plain = false;
        const size_t close = text_.find('\'', at_ + 1);
        if (close == std::string_view::npos) return unterminated();
        add(word, std::string(text_.substr(at_ + 1, close - at_ - 1)), true);
        at_ = close + 1;
      } else if (c == '"') {
        token.is_plain = false;
        read_double(word);
        if (failed_) return;
      } else if (c == '$') {
        token.is_plain = false;
        read_variable(word, false);
      } else {
        add(word, std::string(1, c), false);
        ++at_;
      }
    }
  }

  // Inside "…" a backslash keeps its meaning before $, " , \ and a line end only.
  void read_double(Word& word) {
    ++at_;
    add(word, "", true);
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        const char c = text_[at_ + 1];
        if (c == '$' || c == '"' || c == '\\')
          add(word, std::string(1, c), true);
        else if (c != '\n')
          add(word, std::string{'\\', c}, true);
        at_ += 2;
      } else if (text_[at_] == '$') {
        read_variable(word, true);
      } else {
        add(word, std::string(1, text_[at_]), true);
        ++at_;
      }
    }
    if (at_ >= text_.size()) return unterminated();
    ++at_;
  }

  // "$" that begins no variable stands for itself.
  void read_variable(Word& word, bool quoted) {
    size_t begin = at_ + 1;
    size_t end = begin;
    size_t behind = begin;
    if (begin < text_.size() && text_[begin] == '{') {
      ++begin;
      end = begin;
      while (end < text_.size() && (is_name(text_[end]) || special(text_[end]))) ++end;
      behind = end + 1;
      if (end >= text_.size() || text_[end] != '}') end = begin;
    } else if (begin < text_.size() && special(text_[begin])) {
      behind = end = begin + 1;
    } else {
      const bool number = begin < text_.size() && is_digit(text_[begin]);
      while (end < text_.size() && (number ? is_digit(text_[end]) : is_name(text_[end]))) ++end;
      behind = end;
    }
    if (end == begin) {
      add(word, "$", quoted);
      ++at_;
      return;
    }
    word.pieces.push_back({true, quoted, std::string(text_.substr(begin, end - begin))});
    at_ = behind;
  }

  static bool special(char c) { return c == '?' || c == '@' || c == '*' || c == '#'; }

  void unterminated() {
    errors_.add("unterminated-quote",
                lines_.span(at_ < text_.size() ? at_ : text_.size(), text_.size()),
                "the quote is never closed", Effect::refused);
    failed_ = true;
    at_ = text_.size();
  }

  std::string_view text_;
  const LineIndex& lines_;
  SyntaxErrors& errors_;
  size_t at_ = 0;
  bool failed_ = false;
};

class Parser {
 public:
  explicit Parser(std::string_view text)
      : text_(text), lines_(text), lexer_(text, lines_, file_.errors) {}

  File run() {
    if (const size_t nul = text_.find('\0'); nul != std::string_view::npos) {
      file_.errors.add("nul-byte", lines_.span(nul, nul + 1), "a NUL byte", Effect::refused);
      return std::move(file_);
    }
    advance();
    file_.statements = read_list({}, 0);
    if (!lexer_.failed() && !failed_ && token_.kind != Token::Kind::end) unexpected();
    return std::move(file_);
  }

 private:
  void advance() { token_ = lexer_.next(); }
  bool is(std::string_view keyword) const {
    return token_.kind == Token::Kind::word && token_.is_plain && token_.word.literal() == keyword;
  }
  bool stopped() const { return failed_ || lexer_.failed(); }

  void fail(std::string_view code, std::string message) {
    if (!stopped()) {
      const Token& t = token_;
      file_.errors.add(code, lines_.span(t.begin, std::max(t.end, t.begin)), std::move(message),
                       Effect::refused);
    }
    failed_ = true;
  }
  void unexpected() {
    fail("unexpected-word", "\"" + token_.word.literal() + "\" has no place here");
  }

  bool expect(std::string_view keyword) {
    if (stopped()) return false;
    if (!is(keyword)) {
      if (token_.kind == Token::Kind::end)
        fail("unterminated-block",
             "expected \"" + std::string(keyword) + "\" before the end of the file");
      else
        unexpected();
      return false;
    }
    advance();
    return true;
  }

  // Statements up to one of `ends` (not consumed) or the end of the file.
  std::vector<Statement> read_list(std::initializer_list<std::string_view> ends, int depth) {
    std::vector<Statement> list;
    if (depth > kDepth) {
      fail("too-deep", "blocks in blocks, deeper than " + std::to_string(kDepth));
      return list;
    }
    while (!stopped()) {
      while (token_.kind == Token::Kind::separator) advance();
      if (token_.kind == Token::Kind::end) break;
      if (std::ranges::any_of(ends, [&](std::string_view end) { return is(end); })) break;
      Statement statement = read_statement(depth);
      if (stopped()) break;
      list.push_back(std::move(statement));
    }
    return list;
  }

  Statement read_statement(int depth) {
    Statement s;
    s.span = token_.word.span;
    if (is("if")) {
      s.kind = Statement::Kind::if_;
      do {
        advance();
        s.parts.push_back(read_list({"then"}, depth + 1));
        if (!expect("then")) return s;
        s.parts.push_back(read_list({"elif", "else", "fi"}, depth + 1));
      } while (!stopped() && is("elif"));
      if (is("else")) {
        advance();
        s.parts.push_back(read_list({"fi"}, depth + 1));
      }
      expect("fi");
    } else if (is("while") || is("until")) {
      s.kind = Statement::Kind::loop;
      s.until = is("until");
      advance();
      s.parts.push_back(read_list({"do"}, depth + 1));
      if (expect("do")) s.parts.push_back(read_list({"done"}, depth + 1));
      expect("done");
    } else if (is("for")) {
      s.kind = Statement::Kind::for_;
      advance();
      if (token_.kind == Token::Kind::word) take_word(s);
      if (!expect("in")) return s;
      while (token_.kind == Token::Kind::word && !stopped()) take_word(s);
      while (token_.kind == Token::Kind::separator) advance();
      if (expect("do")) s.parts.push_back(read_list({"done"}, depth + 1));
      expect("done");
    } else if (is("function")) {
      s.kind = Statement::Kind::function;
      advance();
      if (token_.kind == Token::Kind::word) take_word(s);
      while (token_.kind == Token::Kind::separator) advance();
      if (expect("{")) s.parts.push_back(read_list({"}"}, depth + 1));
      expect("}");
    } else {
      read_command(s, depth);
    }
    return s;
  }

  void take_word(Statement& s) {
    s.span.end_line = token_.word.span.end_line;
    s.span.end_column = token_.word.span.end_column;
    s.words.push_back(std::move(token_.word));
    advance();
  }

  void read_command(Statement& s, int depth) {
    for (const std::string_view keyword : {"then", "elif", "else", "fi", "do", "done", "}", "in"})
      if (is(keyword)) return unexpected();
    while (!stopped() && token_.kind == Token::Kind::word) {
      if (is("{")) {
        advance();
        s.has_block = true;
        s.parts.push_back(read_list({"}"}, depth + 1));
        expect("}");
        return;
      }
      if (is("}")) return;  // "{ echo x }": closed without a separator
      take_word(s);
    }
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
  Lexer lexer_;
  Token token_;
  bool failed_ = false;
};

}  // namespace

std::string Word::literal() const {
  std::string out;
  for (const Piece& piece : pieces) {
    if (piece.is_variable) return "";
    out += piece.text;
  }
  return out;
}

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::grub_script
