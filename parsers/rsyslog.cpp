#include "parsers/rsyslog.h"

#include <algorithm>
#include <optional>

#include "parsers/rsyslog_lexer.h"

namespace drydock::parsers::rsyslog {

namespace {

constexpr int kDepth =
    64;  // of blocks and of brackets, so that hostile text cannot exhaust the stack

// What stands before an action: "*.*", "if … then", "&".
struct Filter {
  size_t begin = 0, end = 0;
  bool is_there = false;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : lexer_(text, file_) {}

  File read() {
    file_.ends_reading = !configuration();
    // What it has not come to the end of is not there; directives count as they are read.
    if (file_.ends_reading)
      for (size_t i = whole_; i < file_.statements.size(); ++i)
        if (!std::holds_alternative<Legacy>(file_.statements[i])) dropped_.push_back(i);
    size_t kept = 0, next = 0;
    for (size_t i = 0; i < file_.statements.size(); ++i) {
      if (next < dropped_.size() && dropped_[next] == i)
        ++next;
      else if (kept++ != i)
        file_.statements[kept - 1] = std::move(file_.statements[i]);
    }
    file_.statements.resize(kept);
    if (const Span nul = lexer_.nul(); nul.line > 0)
      file_.errors.add("nul-byte", nul, "what rsyslogd makes of a NUL byte is not told",
                       Effect::refused);
    return std::move(file_);
  }

 private:
  // The parts of the grammar; false is a mistake, which has been noted.
  bool configuration() {
    while (true) {
      whole_ = file_.statements.size();
      switch (peek().kind) {
        case Kind::end:
          return true;
        case Kind::nothing:  // "$RuleSet", "!prog", "+host": no statements of ours
          take();
          break;
        case Kind::object:
          if (!object()) return false;
          break;
        case Kind::templat:
          if (!object() || !constants()) return false;
          break;
        case Kind::ruleset:
          if (!object() || !ruleset()) return false;
          break;
        default:
          list_.clear();
          if (!statement({}, 0)) return false;
          // Of "ACTION & ACTION" that no filter precedes rsyslogd loses all but the first when it adds the next
          // statement (ruleset.c sets the link of the first one): they are never carried out.
          dropped_.insert(dropped_.end(), lost_.begin(), lost_.end());
          lost_.assign(list_.empty() ? list_.end() : list_.begin() + 1, list_.end());
      }
    }
  }

  bool ruleset() {
    if (!expect(Kind::open_brace)) return false;
    if (peek().kind == Kind::close_brace) return take(), true;
    return script(1);
  }

  // "{ property(…) constant(…) }" behind a template, which need not be there.
  bool constants() {
    if (peek().kind != Kind::open_brace) return true;
    take();
    while (peek().kind == Kind::constant)
      if (!object()) return false;
    return expect(Kind::close_brace);
  }

  // Statements and the "}" behind them.
  bool script(int depth) {
    do
      if (!statement({}, depth)) return false;
    while (peek().kind != Kind::close_brace);
    take();
    return true;
  }

  bool block(const Filter& filter, int depth) {
    if (peek().kind != Kind::open_brace) return statement(filter, depth + 1);
    take();
    return script(depth + 1);
  }

  bool statement(const Filter& outer, int depth) {
    if (depth > kDepth) return mistake("too-deep", "blocks nested deeper than this are not read");
    const Token first = peek();
    Filter filter = outer;
    if (!filter.is_there) filter.begin = first.begin;
    filter.is_there = true;
    switch (first.kind) {
      case Kind::property_filter:
      case Kind::priority_filter:
        filter.end = take().end;
        return block(filter, depth);
      case Kind::word_if:
        take();
        if (!expression(0)) return false;
        filter.end = peek().end;
        if (!expect(Kind::word_then) || !block(filter, depth)) return false;
        if (peek().kind != Kind::word_else) return true;
        take();
        return block({}, depth);
      case Kind::word_foreach:
        take();
        if (!expect(Kind::open) || !expect(Kind::variable) || !expect(Kind::word_in) ||
            !expression(0) || !expect(Kind::close))
          return false;
        return expect(Kind::word_do) && block({}, depth);
      case Kind::word_set:
        take();
        return expect(Kind::variable) && expect(Kind::equals) && expression(0) &&
               expect(Kind::semicolon);
      case Kind::word_unset:
        take();
        return expect(Kind::variable) && expect(Kind::semicolon);
      case Kind::reload:
        take();
        if (!expect(Kind::open) || !expect(Kind::string)) return false;
        while (peek().kind == Kind::comma) {
          take();
          if (!expect(Kind::string)) return false;
        }
        return expect(Kind::close);
      case Kind::include:
        return object();
      default:
        return actions(outer, depth == 0 && !outer.is_there);
    }
  }

  // "ACTION & ACTION …"
  bool actions(Filter filter, bool is_top) {
    while (true) {
      const Token token = peek();
      switch (token.kind) {
        case Kind::action:
          if (!object()) return false;
          if (is_top) list_.push_back(file_.statements.size() - 1);
          break;
        case Kind::legacy_action: {
          take();
          const size_t begin = filter.is_there ? filter.begin : token.begin;
          file_.statements.push_back(
              Selector{filter.is_there ? lexer_.text(filter.begin, filter.end) : std::string(),
                       lexer_.text(token.begin, token.end), lexer_.span(begin, token.end),
                       lexer_.span(token.begin, token.end)});
          if (is_top) list_.push_back(file_.statements.size() - 1);
          break;
        }
        case Kind::word_stop:
          take();
          break;
        case Kind::word_call:
          take();
          if (!expect(Kind::name)) return false;
          break;
        case Kind::call_indirect:
          take();
          if (!expression(0) || !expect(Kind::semicolon)) return false;
          break;
        default:
          return mistake();
      }
      if (peek().kind != Kind::ampersand) return true;
      const Token joint = take();
      filter = {joint.begin, joint.end, true};
    }
  }

  // "kind(name="value" …)".
  bool object() {
    const Token begin = take();
    Object result;
    result.kind = begin.word;
    while (peek().kind == Kind::name) {
      const Token name = take();
      Parameter parameter;
      parameter.name = name.word;
      if (!expect(Kind::equals) || !value(parameter)) return false;
      parameter.span = lexer_.span(name.begin, last_end_);
      result.parameters.push_back(std::move(parameter));
    }
    if (!expect(Kind::close)) return false;
    result.span = lexer_.span(begin.begin, last_end_);
    file_.statements.push_back(std::move(result));
    return true;
  }

  bool value(Parameter& parameter) {
    Token token = peek();
    if (token.kind == Kind::string) {
      take();
      parameter.value = std::move(token.word);
      parameter.value_span = lexer_.span(token.begin + 1, token.end - 1);
      return true;
    }
    parameter.is_array = true;
    if (!expect(Kind::open_bracket)) return false;
    while (true) {
      Token item = peek();
      if (!expect(Kind::string)) return false;
      if (!parameter.value.empty()) parameter.value += ' ';
      parameter.value += item.word;
      if (peek().kind != Kind::comma) break;
      take();
    }
    if (!expect(Kind::close_bracket)) return false;
    parameter.value_span = lexer_.span(token.begin, last_end_);
    return true;
  }

  // Operands with operators between them; what they are worth is nobody's question.
  bool expression(int depth) {
    if (depth > kDepth) return mistake("too-deep", "brackets nested deeper than this are not read");
    while (true) {
      while (peek().kind == Kind::word_not || peek().word == "-") take();
      switch (peek().kind) {
        case Kind::number:
        case Kind::string:
        case Kind::variable:
          take();
          break;
        case Kind::open:
          take();
          if (!expression(depth + 1) || !expect(Kind::close)) return false;
          break;
        case Kind::open_bracket:
          take();
          if (!expect(Kind::string)) return false;
          while (peek().kind == Kind::comma) {
            take();
            if (!expect(Kind::string)) return false;
          }
          if (!expect(Kind::close_bracket)) return false;
          break;
        case Kind::function:
          take();
          if (!expect(Kind::open)) return false;
          if (peek().kind != Kind::close) {
            if (!expression(depth + 1)) return false;
            while (peek().kind == Kind::comma) {
              take();
              if (!expression(depth + 1)) return false;
            }
          }
          if (!expect(Kind::close)) return false;
          break;
        default:
          return mistake();
      }
      if (peek().kind != Kind::operation && peek().kind != Kind::ampersand) return true;
      take();
    }
  }

  const Token& peek() {
    if (!next_) next_ = lexer_.next();
    return *next_;
  }
  Token take() {
    peek();
    Token out = std::move(*next_);
    next_.reset();
    last_end_ = out.end;
    return out;
  }
  bool expect(Kind kind) {
    if (peek().kind != kind) return mistake();
    take();
    return true;
  }
  bool mistake() {
    return mistake("syntax-error", peek().kind == Kind::end
                                       ? "the file ends in the middle of a statement"
                                       : "rsyslogd wants something else here, and reads nothing "
                                         "from here on");
  }
  bool mistake(std::string_view code, std::string message) {
    const Token& at = peek();
    file_.errors.add(code, lexer_.span(at.begin, std::max(at.end, at.begin + 1)),
                     std::move(message));
    return false;
  }

  File file_;
  Lexer lexer_;
  std::optional<Token> next_;
  size_t last_end_ = 0;
  // Places in file_.statements: of the actions in a list without a filter, of those that the next statement makes
  // rsyslogd forget, and of what does not count.
  std::vector<size_t> list_, lost_, dropped_;
  size_t whole_ = 0;  // statements of file_ before the one that is being read
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::rsyslog
