#include "parsers/sshd_config.h"

#include <algorithm>

namespace drydock::parsers::sshd_config {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File run() {
    for (uint32_t number = 1; number <= lines_.line_count(); ++number) {
      const auto [begin, end] = lines_.line_bounds(number);
      line(begin, end);
    }
    return std::move(file_);
  }

 private:
  void refuse(std::string_view code, Span span, std::string message) {
    file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  size_t skip(size_t at, size_t end) const {
    while (at < end && kBlank.find(text_[at]) != std::string_view::npos) ++at;
    return at;
  }

  void line(size_t begin, size_t end) {
    begin = skip(begin, end);
    while (end > begin &&
           (kBlank.find(text_[end - 1]) != std::string_view::npos || text_[end - 1] == '\f'))
      --end;
    if (begin == end || text_[begin] == '#') return;
    const std::string_view content = text_.substr(begin, end - begin);
    if (content.find('\0') != std::string_view::npos)
      return refuse("nul-byte", lines_.span(begin, end), "a NUL byte in the line");

    Line out;
    size_t at = begin;
    if (!read_keyword(at, end, out)) return;
    const Keyword* known = keyword(out.written);
    out.keyword = known ? std::string(known->name) : lower(out.written);
    if (out.keyword.empty()) return;
    const bool is_match = out.keyword == "match";
    if (at == end)
      return refuse("missing-argument", out.keyword_span, "no argument after the keyword");
    if (!known && !is_match)
      refuse("unknown-keyword", out.keyword_span, "a keyword that sshd does not know");
    if (!read_arguments(at, end, out)) return;
    const size_t last = out.arguments.empty() ? at : argument_end_;
    out.span = lines_.span(begin, last);
    out.value_span = lines_.span(out.arguments.empty() ? at : argument_begin_, last);
    if (is_match) return match(out);
    if (known && !check(*known, out)) return;
    out.match = file_.matches.size();
    file_.lines.push_back(std::move(out));
  }

  // The keyword ends at a blank or one '='; it may stand in double quotes. Moves `at` to the arguments.
  bool read_keyword(size_t& at, size_t end, Line& out) {
    const size_t begin = at;
    const auto stops = [&](char c) {
      return kBlank.find(c) != std::string_view::npos || c == '=' || c == '"';
    };
    while (at < end && !stops(text_[at])) ++at;
    out.written = std::string(text_.substr(begin, at - begin));
    if (at < end && text_[at] == '"') {
      const size_t close = text_.substr(0, end).find('"', at + 1);
      if (close == std::string_view::npos) {
        refuse("bad-quotes", lines_.span(begin, end), "a quote that is not closed");
        return false;
      }
      out.written += text_.substr(at + 1, close - at - 1);
      at = close + 1;
      out.keyword_span = lines_.span(begin, at);
      at = skip(at, end);
      return true;
    }
    out.keyword_span = lines_.span(begin, at);
    const bool equals = at < end && text_[at] == '=';
    if (equals) ++at;
    at = skip(at, end);
    if (!equals && at < end && text_[at] == '=') at = skip(at + 1, end);
    return true;
  }

  // Blanks separate arguments, quotes of either kind hold them together, a backslash escapes quotes and
  // itself and, outside quotes, a blank; a '#' where an argument would begin starts a comment.
  bool read_arguments(size_t at, size_t end, Line& out) {
    while (at < end) {
      if (text_[at] == ' ' || text_[at] == '\t') {
        ++at;
        continue;
      }
      if (text_[at] == '#') break;
      const size_t begin = at;
      Argument argument;
      char quote = 0;
      for (; at < end; ++at) {
        const char c = text_[at];
        const char next = at + 1 < end ? text_[at + 1] : '\0';
        if (c == '\\' &&
            (next == '\'' || next == '"' || next == '\\' || (quote == 0 && next == ' ')))
          argument.text += text_[++at];
        else if (c == '\\')
          argument.text += c;
        else if (quote == 0 && (c == ' ' || c == '\t'))
          break;
        else if (quote == 0 && (c == '"' || c == '\''))
          quote = c;
        else if (quote != 0 && c == quote)
          quote = 0;
        else
          argument.text += c;
      }
      if (quote != 0) {
        refuse("bad-quotes", lines_.span(begin, end), "a quote that is not closed");
        return false;
      }
      argument.span = lines_.span(begin, at);
      if (out.arguments.empty()) argument_begin_ = begin;
      argument_end_ = at;
      out.arguments.push_back(std::move(argument));
    }
    return true;
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
    const bool several = known.value == Value::words;
    if (!several && out.arguments.size() > 1)
      refuse("extra-argument", out.arguments[1].span, "more arguments than the keyword takes");
    if (!several && !meaning(known, out.arguments[0].text))
      refuse("bad-value", out.arguments[0].span, "a value that sshd does not take");
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
    for (const Argument& argument : line.arguments)
      out.header += (out.header.empty() ? "" : " ") + std::string(text_of(argument.span));
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
      } else if (patterns.empty()) {
        patterns = line.arguments[++i].text;
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

  std::string_view text_of(Span span) const {
    const size_t start = lines_.line_bounds(span.line).first;
    return text_.substr(start + span.column - 1, span.end_column - span.column);
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
  size_t argument_begin_ = 0;  // of the line in hand
  size_t argument_end_ = 0;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).run();
}

}  // namespace drydock::parsers::sshd_config
