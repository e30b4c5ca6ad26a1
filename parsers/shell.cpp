#include "parsers/shell.h"

#include <algorithm>
#include <utility>

#include "parsers/shell_lexer.h"

namespace drydock::parsers::shell {
namespace {

constexpr int kDepth = 60;
constexpr size_t kCommands = 20'000;

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) { advance(); }

  File run() {
    if (lexer_.text().find('\0') != std::string_view::npos)
      fail("nul-byte", "a NUL byte in the file");
    while (!failed_ && token_.kind != Token::Kind::end) {
      list();
      if (!failed_ && token_.kind != Token::Kind::end)
        fail("unexpected-token", "cannot stand here: " + std::string(lexer_.text(token_)));
    }
    if (!failed_ && lexer_.is_unfinished()) fail("unfinished", "a quote that does not end");
    return std::move(file_);
  }

 private:
  void advance() { token_ = lexer_.next(); }

  bool is_op(std::string_view op) const {
    return token_.kind == Token::Kind::op && lexer_.text(token_) == op;
  }
  // Reserved words count where a command may begin, unquoted.
  bool is_word(std::string_view word) const {
    return token_.kind == Token::Kind::word && lexer_.text(token_) == word;
  }
  bool is_end() const { return failed_ || token_.kind == Token::Kind::end; }

  // "((": an expression, not a shell in a shell.
  bool is_arithmetic() const {
    return is_op("(") && lexer_.text().substr(token_.end).starts_with('(');
  }

  void fail(std::string_view code, std::string message) {
    if (!failed_)
      file_.errors.add(code, lexer_.span(token_.begin, std::max(token_.end, token_.begin + 1)),
                       std::move(message), Effect::refused);
    failed_ = true;
  }

  void expect_word(std::string_view word) {
    if (failed_) return;
    if (is_word(word)) return advance();
    fail(token_.kind == Token::Kind::end ? "unfinished" : "unexpected-token",
         "expected '" + std::string(word) + "'");
  }

  bool ends_list() const {
    if (is_end() || is_op(")") || is_op(";;") || is_op(";&") || is_op(";;&")) return true;
    for (const std::string_view word : {"then", "else", "elif", "fi", "do", "done", "esac", "}"})
      if (is_word(word)) return true;
    return false;
  }

  void skip_separators() {
    for (; token_.kind == Token::Kind::newline || is_op(";") || is_op("&"); advance())
      if (token_.kind == Token::Kind::newline && lists_ == 1) ++complete_;
  }
  void skip_newlines() {
    while (token_.kind == Token::Kind::newline) advance();
  }

  // Commands up to a word or operator that cannot begin one.
  void list() {
    ++lists_;
    for (skip_separators(); !ends_list(); skip_separators()) {
      const size_t before = token_.begin;
      and_or();
      if (!failed_ && token_.begin == before && !ends_list())
        fail("unexpected-token", "cannot stand here: " + std::string(lexer_.text(token_)));
    }
    --lists_;
  }

  void and_or() {
    const size_t chain = file_.commands.size();
    const size_t guards = guards_.size();
    pipeline(Command::Joiner::first);
    while (!failed_ && (is_op("&&") || is_op("||"))) {
      const bool wanted = is_op("&&");
      advance();
      skip_newlines();
      guards_.resize(guards);
      push({Guard::Kind::condition, wanted, chain, file_.commands.size(), {}, {}});
      pipeline(wanted ? Command::Joiner::and_then : Command::Joiner::or_else);
    }
    guards_.resize(guards);
  }

  void pipeline(Command::Joiner joiner) {
    const size_t first = file_.commands.size();
    joiner_ = joiner;
    negated_ = false;
    while (is_word("!")) {
      negated_ = !negated_;
      advance();
    }
    command();
    bool is_pipe = false;
    while (!failed_ && (is_op("|") || is_op("|&"))) {
      is_pipe = true;
      advance();
      skip_newlines();
      command();
    }
    if (!is_pipe) return;
    // Each part of a pipeline is run in a shell of its own.
    const size_t guard = file_.guards.size();
    file_.guards.push_back({Guard::Kind::subshell, true, 0, 0, {}, {}});
    for (size_t i = first; i < file_.commands.size(); ++i)
      file_.commands[i].guards.push_back(guard);
  }

  void push(Guard guard) {
    guards_.push_back(file_.guards.size());
    file_.guards.push_back(std::move(guard));
  }

  void command() {
    if (failed_) return;
    if (++depth_ > kDepth || file_.commands.size() >= kCommands)
      fail("too-deep", "more nested or more commands than drydock follows");
    else
      compound_or_simple();
    --depth_;
  }

  void compound_or_simple() {
    const size_t guards = guards_.size();
    if (is_word("if")) return if_clause();
    if (is_word("while") || is_word("until")) {
      advance();
      list();
      push({Guard::Kind::loop, true, 0, 0, {}, {}});
      group("do", "done");
    } else if (is_word("for") || is_word("select")) {
      for_clause();
    } else if (is_word("case")) {
      case_clause();
    } else if (is_word("{")) {
      group("{", "}");
    } else if (is_arithmetic()) {
      lexer_.skip_group(token_.begin);
      advance();
    } else if (is_op("(")) {
      advance();
      push({Guard::Kind::subshell, true, 0, 0, {}, {}});
      list();
      if (!is_op(")")) return fail("unfinished", "expected ')'");
      advance();
    } else if (is_word("function")) {
      advance();
      if (token_.kind == Token::Kind::word) advance();
      if (is_op("(")) advance();
      if (is_op(")")) advance();
      function();
    } else {
      return simple();
    }
    guards_.resize(guards);
    skip_redirections();
  }

  void skip_redirections() {
    while (!failed_ && token_.kind == Token::Kind::redirection) advance();
  }

  void function() {
    skip_newlines();
    push({Guard::Kind::function, true, 0, 0, {}, {}});
    command();
  }

  void group(std::string_view open, std::string_view close) {
    skip_separators();
    expect_word(open);
    list();
    expect_word(close);
  }

  void if_clause() {
    const size_t guards = guards_.size();
    advance();
    size_t begin = file_.commands.size();
    list();
    size_t end = file_.commands.size();
    expect_word("then");
    while (!failed_) {
      guards_.push_back(file_.guards.size());
      file_.guards.push_back({Guard::Kind::condition, true, begin, end, {}, {}});
      list();
      guards_.pop_back();
      push({Guard::Kind::condition, false, begin, end, {}, {}});
      if (is_word("elif")) {
        advance();
        begin = file_.commands.size();
        list();
        end = file_.commands.size();
        expect_word("then");
      } else {
        if (is_word("else")) {
          advance();
          list();
        }
        expect_word("fi");
        break;
      }
    }
    guards_.resize(guards);
    skip_redirections();
  }

  void for_clause() {
    advance();
    Loop loop;
    if (token_.kind == Token::Kind::word) {
      loop.variable = std::string(lexer_.text(token_));
      advance();
    }
    if (is_arithmetic()) {
      lexer_.skip_group(token_.begin);
      advance();
    }
    skip_newlines();
    if (is_word("in")) {
      advance();
      for (; !failed_ && token_.kind == Token::Kind::word; advance())
        loop.words.push_back(word(token_));
    }
    loops_.push_back(file_.loops.size());
    file_.loops.push_back(std::move(loop));
    push({Guard::Kind::loop, true, 0, 0, {}, {}});
    skip_separators();
    if (is_word("{"))
      group("{", "}");
    else
      group("do", "done");
    loops_.pop_back();
  }

  void case_clause() {
    advance();
    Guard guard{Guard::Kind::pattern, true, 0, 0, {}, {}};
    if (token_.kind == Token::Kind::word) {
      guard.subject = word(token_);
      advance();
    }
    skip_newlines();
    expect_word("in");
    skip_separators();
    while (!is_end() && !is_word("esac")) {
      if (is_op("(")) advance();
      guard.patterns.clear();
      while (token_.kind == Token::Kind::word) {
        guard.patterns.push_back(word(token_));
        advance();
        if (!is_op("|")) break;
        advance();
      }
      if (!is_op(")")) return fail("unexpected-token", "expected ')' behind a pattern");
      advance();
      const size_t guards = guards_.size();
      push(guard);
      list();
      guards_.resize(guards);
      if (is_op(";;") || is_op(";&") || is_op(";;&")) advance();
      skip_separators();
    }
    expect_word("esac");
  }

  Word word(const Token& token) {
    const std::string_view raw = lexer_.text(token);
    return {std::string(raw), unquote(raw), lexer_.span(token.begin, token.end)};
  }

  void simple() {
    Command command;
    command.joiner = std::exchange(joiner_, Command::Joiner::first);
    command.is_negated = std::exchange(negated_, false);
    command.guards = guards_;
    command.loops = loops_;
    command.complete = complete_;
    const size_t begin = token_.begin;
    size_t end = begin;
    const bool is_test = is_word("[[");
    for (; !failed_; advance()) {
      if (token_.kind == Token::Kind::redirection) {
        end = token_.end;
        continue;
      }
      if (is_test && token_.kind == Token::Kind::newline) continue;
      if (is_test && token_.kind == Token::Kind::op && !is_op(";")) {
        command.words.push_back(word(token_));
        end = token_.end;
        continue;
      }
      if (token_.kind != Token::Kind::word) break;
      end = token_.end;
      const std::string_view text = lexer_.text(token_);
      const size_t equals = text.find('=');
      const bool is_append =
          equals != std::string_view::npos && equals > 0 && text[equals - 1] == '+';
      if (command.words.empty() && equals != std::string_view::npos &&
          is_name(text.substr(0, equals - (is_append ? 1 : 0)))) {
        const Token value{Token::Kind::word, token_.begin + equals + 1, token_.end};
        command.assignments.push_back({std::string(text.substr(0, equals - (is_append ? 1 : 0))),
                                       word(value), lexer_.span(token_.begin, token_.end)});
        if (is_append) command.assignments.back().value.text.reset();
        continue;
      }
      command.words.push_back(word(token_));
      if (is_test && text == "]]") {
        advance();
        break;
      }
    }
    // name() { … }
    if (!failed_ && is_op("(") && command.words.size() == 1 && command.assignments.empty()) {
      advance();
      if (!is_op(")")) return fail("unexpected-token", "expected ')'");
      advance();
      const size_t guards = guards_.size();
      function();
      guards_.resize(guards);
      skip_redirections();
      return;
    }
    if (command.words.empty() && command.assignments.empty()) return;
    command.span = lexer_.span(begin, end);
    file_.commands.push_back(std::move(command));
  }

  Lexer lexer_;
  size_t lists_ = 0;     // inside each other
  size_t complete_ = 0;  // commands of the file that are complete
  Token token_;
  File file_;
  std::vector<size_t> guards_;
  std::vector<size_t> loops_;
  Command::Joiner joiner_ = Command::Joiner::first;
  bool negated_ = false;
  bool failed_ = false;
  int depth_ = 0;
};

}  // namespace

std::optional<std::string> unquote(std::string_view raw) {
  std::string out;
  char quote = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (quote == '\'') {
      if (c == '\'')
        quote = 0;
      else
        out += c;
    } else if (c == '$' || c == '`') {
      return std::nullopt;
    } else if (c == '\\' && i + 1 < raw.size()) {
      if (raw[++i] == '\n') continue;
      if (quote == '"' && std::string_view("$`\"\\").find(raw[i]) == std::string_view::npos)
        out += '\\';
      out += raw[i];
    } else if (quote == '"') {
      if (c == '"')
        quote = 0;
      else
        out += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else {
      out += c;
    }
  }
  return out;
}

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::shell
