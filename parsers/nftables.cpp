#include "parsers/nftables.h"

#include <algorithm>
#include <map>
#include <optional>

#include "parsers/characters.h"

namespace drydock::parsers::nftables {
namespace {

constexpr size_t kDepth = 32;
constexpr size_t kWords = 4096;  // of one rule or set
constexpr size_t kRules = 100'000, kAllWords = 1'000'000;

struct Token {
  std::string_view text;  // of a string without its quotes
  bool is_string = false;
  size_t begin = 0, end = 0;

  bool is(std::string_view word) const { return !is_string && text == word; }
};

class Lexer {
 public:
  Lexer(std::string_view text, const LineIndex& lines, File& file)
      : text_(text), lines_(lines), file_(file) {}

  // The next token; a newline and ';' are both ";". nullopt at the end.
  std::optional<Token> next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const size_t begin = at_;
      if (is_blank_or_return(c)) {
        ++at_;
      } else if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
        at_ += 2;
      } else if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '\n' || c == ';') {
        ++at_;
        return Token{";", false, begin, at_};
      } else if (c == '{' || c == '}' || c == '=' || c == ',') {
        ++at_;
        return Token{text_.substr(begin, 1), false, begin, at_};
      } else if (c == '"') {
        const size_t line_end = std::min(text_.find('\n', at_), text_.size());
        const size_t close = text_.find('"', at_ + 1);
        if (close == std::string_view::npos || close > line_end) {
          file_.errors.add("unterminated-string", lines_.span(begin, line_end),
                           "a '\"' without its partner", Effect::refused);
          at_ = line_end;
          continue;
        }
        at_ = close + 1;
        return Token{text_.substr(begin + 1, close - begin - 1), true, begin, at_};
      } else {
        while (at_ < text_.size() && !is_blank_or_return(text_[at_]) &&
               std::string_view("\n;{}=,\"").find(text_[at_]) == std::string_view::npos)
          ++at_;
        return Token{text_.substr(begin, at_ - begin), false, begin, at_};
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view text_;
  const LineIndex& lines_;
  File& file_;
  size_t at_ = 0;
};

bool is_family(const Token& token) {
  return token.is("ip") || token.is("ip6") || token.is("inet") || token.is("arp") ||
         token.is("bridge") || token.is("netdev");
}

// Reads statements, each up to ';', a newline, or a block; keeps a stack of the blocks it is in.
class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(text), lexer_(text, lines_, file_) {}

  File run() {
    while (const auto token = lexer_.next()) {
      if (token->is("{")) {
        open(*token);
      } else if (token->is("}")) {
        close(*token);
      } else if (token->is(";")) {
        end_statement();
      } else {
        statement_.push_back(*token);
      }
    }
    end_statement();
    if (!blocks_.empty()) refuse("unbalanced-brace", blocks_.back().at, "this '{' is never closed");
    while (!blocks_.empty()) leave();
    return std::move(file_);
  }

 private:
  enum class Kind : uint8_t { table, chain, set, other, inline_set };
  struct Block {
    Kind kind;
    Token at;
  };

  void refuse(std::string_view code, const Token& at, std::string message) {
    file_.errors.add(code, lines_.span(at.begin, at.end), std::move(message), Effect::refused);
  }

  void open(const Token& brace) {
    if (blocks_.size() >= kDepth) {
      refuse("too-deep", brace, "blocks are nested deeper than 32");
      ++ignored_;
      return;
    }
    Kind kind = Kind::other;
    const size_t verb =
        !statement_.empty() && (statement_[0].is("add") || statement_[0].is("create")) ? 1 : 0;
    const bool in_table = !blocks_.empty() && blocks_.back().kind == Kind::table;
    if (statement_.size() > verb && statement_[verb].is("table") && blocks_.empty()) {
      kind = Kind::table;
      read_table(verb + 1);
    } else if (statement_.size() > verb && statement_[verb].is("chain") &&
               (in_table || blocks_.empty())) {
      kind = Kind::chain;
      begin_chain(verb + 1, in_table);
    } else if (in_table && statement_.size() > verb + 1 && statement_[verb].is("set")) {
      kind = Kind::set;
      set_ = {family_,
              table_,
              std::string(statement_[verb + 1].text),
              {},
              lines_.span(statement_[verb].begin, statement_[verb + 1].end)};
    } else if (!statement_.empty() && !in_table && !blocks_.empty()) {
      kind = Kind::inline_set;  // "tcp dport { 22, 80 } accept": the statement goes on behind it
    } else if (!statement_.empty() && blocks_.empty()) {
      kind = Kind::inline_set;
    }
    blocks_.push_back({kind, brace});
    if (kind == Kind::inline_set)
      statement_.push_back(Token{"{}", false, brace.begin, brace.end});
    else
      statement_.clear();
  }

  void close(const Token& brace) {
    if (ignored_ > 0) {
      --ignored_;
      return;
    }
    if (blocks_.empty()) {
      refuse("unbalanced-brace", brace, "a '}' without its '{'");
      statement_.clear();
      return;
    }
    if (blocks_.back().kind != Kind::inline_set)
      end_statement();
    else
      statement_.push_back(brace);
    leave();
  }

  void leave() {
    const Kind kind = blocks_.back().kind;
    blocks_.pop_back();
    if (kind == Kind::chain) {
      file_.entries.push_back(std::move(chain_));
      chain_ = {};
    }
    if (kind == Kind::set) {
      file_.entries.push_back(std::move(set_));
      set_ = {};
    }
    if (kind == Kind::table) table_ = family_ = "";
  }

  // "[family] name"
  void read_table(size_t at) {
    family_ = "ip";
    if (at < statement_.size() && is_family(statement_[at]) && at + 1 < statement_.size())
      family_ = statement_[at++].text;
    table_ = at < statement_.size() ? std::string(statement_[at].text) : "";
  }

  // "name" inside of a table, "[family] table name" elsewhere
  void begin_chain(size_t at, bool in_table) {
    chain_ = {};
    if (in_table) {
      chain_.family = family_;
      chain_.table = table_;
    } else {
      chain_.family = "ip";
      if (at < statement_.size() && is_family(statement_[at]))
        chain_.family = statement_[at++].text;
      if (at < statement_.size()) chain_.table = statement_[at++].text;
    }
    if (at >= statement_.size()) return;
    chain_.name = statement_[at].text;
    chain_.span = lines_.span(statement_[at].begin, statement_[at].end);
    chain_.policy_span = chain_.span;
  }

  void end_statement() {
    if (statement_.empty()) return;
    if (!blocks_.empty() && blocks_.back().kind == Kind::inline_set)
      return;  // lists may span lines
    const Token& first = statement_.front();
    if (first.is("include") && statement_.size() > 1) {
      file_.entries.push_back(
          Include{std::string(statement_[1].text), lines_.span(first.begin, statement_[1].end)});
    } else if (first.is("define") || first.is("redefine")) {
      if (statement_.size() > 3)
        defines_[std::string(statement_[1].text)] = {statement_.begin() + 3, statement_.end()};
    } else if (blocks_.empty()) {
      top_level();
    } else if (blocks_.back().kind == Kind::chain) {
      chain_statement();
    } else if (blocks_.back().kind == Kind::set && first.is("elements")) {
      for (const std::string& word : words(1))
        if (word != "=" && word != "{" && word != "}" && word != ",") set_.elements.push_back(word);
    }
    statement_.clear();
  }

  // The words of the statement from token `at` on.
  std::vector<std::string> words(size_t at) {
    std::vector<std::string> result;
    const auto add = [&](const Token& token) {
      // "!=" and "==" come as two tokens, for '=' ends a word.
      if (token.is("=") && !result.empty() &&
          (result.back() == "!" || result.back() == "=" || result.back() == "<" ||
           result.back() == ">"))
        result.back() += '=';
      else if (result.size() < kWords)
        result.emplace_back(!token.is_string && token.text == "{}" ? "{" : token.text);
    };
    for (; at < statement_.size(); ++at) {
      const Token& token = statement_[at];
      const auto known = !token.is_string && token.text.starts_with('$')
                             ? defines_.find(std::string(token.text.substr(1)))
                             : defines_.end();
      if (known == defines_.end())
        add(token);
      else
        for (const Token& part : known->second) add(part);
    }
    all_words_ += result.size();
    return result;
  }

  void add_rule(std::string family, std::string table, std::string chain, size_t at,
                bool at_front) {
    if (at >= statement_.size()) return;
    if (++rules_ == kRules + 1 || (all_words_ > kAllWords && rules_ <= kRules)) {
      rules_ = kRules + 1;
      refuse("too-many-rules", statement_[at], "the rules from here on are left out");
    }
    if (rules_ > kRules) return;
    file_.entries.push_back(Rule{std::move(family), std::move(table), std::move(chain), words(at),
                                 at_front,
                                 lines_.span(statement_[at].begin, statement_.back().end)});
  }

  void top_level() {
    const Token& first = statement_.front();
    const bool takes_away = first.is("flush") || first.is("delete") || first.is("destroy");
    if (takes_away && statement_.size() > 1) {
      Flush flush;
      flush.span = lines_.span(first.begin, statement_.back().end);
      flush.chains_stay = first.is("flush");
      if (statement_[1].is("ruleset")) {
        flush.chains_stay = false;
        if (statement_.size() > 2 && is_family(statement_[2])) flush.family = statement_[2].text;
        file_.entries.push_back(std::move(flush));
      } else if (statement_[1].is("table")) {
        read_table(2);
        flush.family = family_;
        flush.table = table_;
        table_ = family_ = "";
        file_.entries.push_back(std::move(flush));
      } else if (statement_[1].is("chain")) {
        size_t at = 2;
        flush.family = "ip";
        if (at < statement_.size() && is_family(statement_[at]))
          flush.family = statement_[at++].text;
        if (at + 1 >= statement_.size()) return;
        flush.table = statement_[at].text;
        flush.chain = statement_[at + 1].text;
        file_.entries.push_back(std::move(flush));
      }
      return;
    }
    // "add rule inet filter forward drop"
    const size_t verb = first.is("add") || first.is("insert") ? 1 : 0;
    if (statement_.size() <= verb + 3 || !statement_[verb].is("rule")) return;
    size_t at = verb + 1;
    Chain chain;
    chain.family = "ip";
    if (is_family(statement_[at])) chain.family = statement_[at++].text;
    if (at + 2 > statement_.size()) return;
    chain.table = statement_[at].text;
    chain.name = statement_[at + 1].text;
    chain.span = lines_.span(statement_[at + 1].begin, statement_[at + 1].end);
    chain.policy_span = chain.span;
    chain.rules = 1;
    chain.last_verdict = verdict(at + 2);
    const bool at_front = first.is("insert");
    const Chain copy = chain;
    file_.entries.push_back(std::move(chain));
    add_rule(copy.family, copy.table, copy.name, at + 2, at_front);
  }

  void chain_statement() {
    const Token& first = statement_.front();
    if (first.is("type")) {
      for (size_t i = 0; i + 1 < statement_.size(); ++i) {
        if (statement_[i].is("type")) chain_.type = statement_[i + 1].text;
        if (statement_[i].is("hook")) chain_.hook = statement_[i + 1].text;
      }
      if (chain_.policy.empty())
        chain_.policy_span = lines_.span(first.begin, statement_.back().end);
    } else if (first.is("policy") && statement_.size() > 1) {
      const Token& word = statement_[1];
      chain_.policy = value_of(word);
      chain_.policy_span = lines_.span(word.begin, word.end);
    } else if (!first.is("comment") && !first.is("flags")) {
      ++chain_.rules;
      chain_.last_verdict = verdict(0);
      add_rule(chain_.family, chain_.table, chain_.name, 0, false);
    }
  }

  std::string value_of(const Token& word) {
    if (!word.text.starts_with('$')) return std::string(word.text);
    const auto known = defines_.find(std::string(word.text.substr(1)));
    if (known != defines_.end()) return std::string(known->second.front().text);
    refuse("undefined-variable", word, "'" + std::string(word.text) + "' is not defined before");
    return "";
  }

  // What the rule from token `at` on does to every packet; empty if it has a condition.
  std::string verdict(size_t at) const {
    for (; at < statement_.size(); ++at) {
      const Token& token = statement_[at];
      if (token.is("drop") || token.is("accept") || token.is("reject"))
        return std::string(token.text);
      if (token.is("counter") || token.is("packets") || token.is("bytes") || token.is("log") ||
          token.is("prefix") || token.is("level") || token.is("flags") || token.is("all") ||
          token.is("comment") || token.is_string)
        continue;
      const bool is_argument =
          at > 0 && (statement_[at - 1].is("packets") || statement_[at - 1].is("bytes") ||
                     statement_[at - 1].is("level") || statement_[at - 1].is("prefix"));
      if (!is_argument) return "";
    }
    return "";
  }

  File file_;
  LineIndex lines_;
  Lexer lexer_;
  std::vector<Token> statement_;
  std::vector<Block> blocks_;
  size_t ignored_ = 0;  // blocks beyond kDepth
  std::string family_, table_;
  Chain chain_;
  Set set_;
  size_t rules_ = 0, all_words_ = 0;
  std::map<std::string, std::vector<Token>> defines_;  // never empty lists
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::nftables
