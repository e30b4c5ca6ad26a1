#include "parsers/sshd_config.h"

#include <algorithm>
#include <set>

#include "parsers/sshd_value.h"

namespace drydock::parsers::sshd_config {
namespace {

class Parser {
 public:
  Parser(std::string_view text, size_t most) : text_(text), most_(most), lines_(text) {}

  File run() {
    for (uint32_t number = 1; number <= lines_.line_count(); ++number) {
      if (file_.lines.size() + file_.matches.size() >= most_) break;
      const auto [begin, end] = lines_.line_bounds(number);
      line(begin, end);
    }
    return std::move(file_);
  }

 private:
  void refuse(std::string_view code, Span span, std::string message) {
    file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  void line(size_t begin, size_t end) {
    std::optional<ssh_line::Line> read = ssh_line::read(text_, lines_, begin, end, file_.errors);
    if (!read) return;
    Line out{{},
             std::move(read->written),
             std::move(read->arguments),
             std::move(read->rest),
             0,
             read->span,
             read->keyword_span,
             read->value_span};
    const Keyword* known = keyword(out.written);
    out.keyword = known ? std::string(known->name) : lower(out.written);
    const bool is_match = out.keyword == "match";
    if (!known && !is_match)
      refuse("unknown-keyword", out.keyword_span, "a keyword that sshd does not know");
    if (is_match) return match(out);
    if (!known || (known->value != Value::command && known->value != Value::program))
      out.rest.clear();
    if (known && !check(*known, out)) return;
    out.match = file_.matches.size();
    file_.lines.push_back(std::move(out));
  }

  // Is the line one sshd takes? It is kept too where only its value is wrong, for people to see.
  bool check(const Keyword& known, const Line& out) {
    if (known.value == Value::ignored) {
      file_.errors.add("deprecated", out.keyword_span,
                       "sshd no longer knows this and skips the line");
      return false;
    }
    if (out.arguments.empty()) {
      refuse("missing-argument", out.keyword_span, "no argument after the keyword");
      return false;
    }
    if (const size_t most = most_arguments(known, out); out.arguments.size() > most)
      refuse("extra-argument", out.arguments[most].span, "more arguments than the keyword takes");
    else if (!meaning(known, out))
      refuse("bad-value", out.value_span, "a value that sshd does not take");
    else if (known.value == Value::subsystem && file_.matches.empty() &&
             !subsystems_.insert(out.arguments[0].text).second)
      refuse("defined-twice", out.arguments[0].span, "a Subsystem of this name is defined before");
    // Behind "Match all" the keywords of the global part are allowed: it always applies.
    if (!known.in_match && !file_.matches.empty() && !applies_always(file_.matches.back()))
      refuse("not-in-match", out.keyword_span, "a keyword that may not stand in a Match block");
    return true;
  }

  static bool applies_always(const Match& match) {
    return match.criteria.size() == 1 && match.criteria[0].attribute == "all";
  }

  void match(const Line& line) {
    Match out;
    out.span = line.span;
    out.header = ssh_line::header("", line.arguments, text_, lines_);
    const auto bad = [&](Span span, std::string message) {
      refuse("bad-match", span, std::move(message));
    };
    if (line.arguments.empty()) bad(line.keyword_span, "Match without a criterion");
    for (size_t i = 0; i < line.arguments.size(); ++i) {
      Criterion criterion{lower(line.arguments[i].text), {}, line.arguments[i].span};
      std::string patterns;
      if (const size_t equals = criterion.attribute.find('='); equals != std::string::npos) {
        patterns = line.arguments[i].text.substr(equals + 1);  // "User=ci"
        criterion.attribute.resize(equals);
      }
      constexpr std::string_view kKnown[] = {"user",    "group",        "host",
                                             "address", "localaddress", "localport",
                                             "rdomain", "invalid-user", "version"};
      if (criterion.attribute == "all" || criterion.attribute == "invalid-user") {
        if (criterion.attribute == "all" && line.arguments.size() > 1)
          bad(criterion.span, "'all' beside other criteria");
      } else if (std::ranges::find(kKnown, criterion.attribute) == std::end(kKnown)) {
        bad(criterion.span, "a criterion that sshd does not know");
      } else if (patterns.empty() && i + 1 == line.arguments.size()) {
        bad(criterion.span, "a criterion without a pattern");
      } else {
        if (patterns.empty()) patterns = line.arguments[++i].text;
        if (criterion.attribute.ends_with("address") && !is_address_list(patterns))
          bad(line.arguments[i].span, "a network whose bits behind the prefix are not all zero");
        if (criterion.attribute == "localport" && !port(patterns, true))
          bad(line.arguments[i].span, "no port; sshd takes one alone");
      }
      for (size_t begin = 0; begin < patterns.size();) {
        const size_t comma = std::min(patterns.find(',', begin), patterns.size());
        criterion.patterns.push_back(patterns.substr(begin, comma - begin));
        begin = comma + 1;
      }
      out.criteria.push_back(std::move(criterion));
    }
    file_.matches.push_back(std::move(out));
  }

  std::string_view text_;
  size_t most_;
  LineIndex lines_;
  File file_;
  std::set<std::string> subsystems_;
};

}  // namespace

File parse(std::string_view text, size_t most) {
  return Parser(text, most).run();
}

}  // namespace drydock::parsers::sshd_config
