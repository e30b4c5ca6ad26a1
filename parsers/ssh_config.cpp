#include "parsers/ssh_config.h"

#include <algorithm>

namespace drydock::parsers::ssh_config {
namespace {

// A list of patterns that everything matches: "*", "*,web".
bool is_everything(std::string_view list) {
  bool everything = false;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    const std::string_view one = list.substr(begin, comma - begin);
    if (one.starts_with('!')) return false;
    if (!one.empty() && one.find_first_not_of('*') == std::string_view::npos) everything = true;
    begin = comma + 1;
  }
  return everything;
}

// Does a comma-separated list, as of IgnoreUnknown, name a keyword?
bool names(std::string_view list, std::string_view keyword) {
  bool named = false;
  for (size_t begin = 0; begin < list.size();) {
    const size_t comma = std::min(list.find(',', begin), list.size());
    std::string_view one = list.substr(begin, comma - begin);
    const bool negated = one.starts_with('!');
    if (negated) one.remove_prefix(1);
    if (matches(lower(one), keyword)) {
      if (negated) return false;
      named = true;
    }
    begin = comma + 1;
  }
  return named;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view ignored, size_t most)
      : text_(text), ignored_(ignored), most_(most), lines_(text) {}

  File run() {
    for (uint32_t number = 1; number <= lines_.line_count(); ++number) {
      if (file_.lines.size() + file_.blocks.size() >= most_) break;
      const auto [begin, end] = lines_.line_bounds(number);
      if (auto read = ssh_line::read(text_, lines_, begin, end, file_.errors)) line(*read);
    }
    return std::move(file_);
  }

 private:
  void refuse(std::string_view code, Span span, std::string message) {
    file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  void line(ssh_line::Line& read) {
    const std::string name = lower(read.written);
    if (name == "host") return host(read);
    if (name == "match") return match(read);
    const Keyword* known = keyword(name);
    if (!known) {
      if (!is_ignored(name))
        refuse("unknown-keyword", read.keyword_span, "a keyword that ssh does not know");
      return;
    }
    if (known->value == Value::ignored) {
      file_.errors.add("deprecated", read.keyword_span,
                       "ssh no longer knows this and skips the line");
      return;
    }
    Line out{
        std::string(known->name), std::move(read.arguments), {}, file_.blocks.size(), read.span,
        read.value_span};
    if (known->value == Value::command) {
      out.written = read.rest;
    } else {
      for (const Argument& argument : out.arguments)
        out.written += (out.written.empty() ? "" : " ") + argument.text;
    }
    check(*known, out, read.keyword_span);
    if (known->name == "ignoreunknown" && ignored_.empty() && out.block == 0)
      ignored_ = out.written;
    file_.lines.push_back(std::move(out));
  }

  // No keyword is longer than this, and ssh has 1024 bytes for a pattern: what is longer is not compared, and only
  // so many are, since each is compared with every pattern.
  bool is_ignored(std::string_view name) {
    constexpr size_t kLongest = 100, kPatterns = 1024, kCompared = 1000;
    return name.size() <= kLongest && ignored_.size() <= kPatterns && ++unknown_ <= kCompared &&
           names(ignored_, name);
  }

  // A line whose value ssh does not take is kept, for people to see.
  void check(const Keyword& known, const Line& out, Span keyword_span) {
    if (known.value == Value::command) return;
    // "SendEnv # none" sends none.
    if (known.value == Value::words && out.arguments.empty()) return;
    if (out.arguments.empty() || out.arguments[0].text.empty())
      return refuse("missing-argument", keyword_span, "no argument after the keyword");
    const size_t most = known.value == Value::words   ? out.arguments.size()
                        : known.value == Value::rekey ? 2
                                                      : 1;
    if (out.arguments.size() > most)
      refuse("extra-argument", out.arguments[most].span, "more arguments than the keyword takes");
    else if (!meaning(known, out))
      refuse("bad-value", out.arguments[0].span, "a value that ssh does not take");
  }

  Block& open(const ssh_line::Line& read, std::string_view word) {
    Block block;
    block.header = ssh_line::header(word, read.arguments, text_, lines_);
    block.span = read.span;
    file_.blocks.push_back(std::move(block));
    return file_.blocks.back();
  }

  // "A pattern entry may be negated … If a negated entry is matched, then the Host entry is ignored".
  void host(const ssh_line::Line& read) {
    Block& block = open(read, "Host");
    bool negated = false;
    for (const Argument& argument : read.arguments) {
      if (argument.text.empty()) refuse("missing-argument", argument.span, "an empty pattern");
      if (argument.text.starts_with('!')) negated = true;
      if (!argument.text.empty() && argument.text.find_first_not_of('*') == std::string::npos)
        block.always = true;
    }
    if (negated) block.always = false;
  }

  void match(const ssh_line::Line& read) {
    Block& block = open(read, "Match");
    block.always = true;
    size_t criteria = 0;
    for (size_t i = 0; i < read.arguments.size(); ++i) {
      std::string name = lower(read.arguments[i].text);
      std::string patterns;
      bool has_patterns = false;
      if (const size_t equals = name.find('='); equals != std::string::npos) {
        patterns = read.arguments[i].text.substr(equals + 1);  // "user=ci"
        has_patterns = !patterns.empty();
        name.resize(equals);
      }
      const bool negated = name.starts_with('!');
      if (negated) name.erase(0, 1);
      const Span span = read.arguments[i].span;
      if (name == "all") {
        // Behind one other criterion it may stand: "Match final all".
        if (criteria > 1 || i + 1 < read.arguments.size())
          refuse("bad-match", span, "'all' beside other criteria");
        if (negated) block.always = false;
        ++criteria;
        break;
      }
      ++criteria;
      if (name == "final" || name == "canonical") {
        block.asks_final_pass |= name == "final";
        (negated ? block.first_pass : block.final_pass) = true;
        continue;
      }
      constexpr std::string_view kKnown[] = {"host",    "originalhost", "user",   "localuser",
                                             "exec",    "localnetwork", "tagged", "command",
                                             "version", "sessiontype"};
      if (std::ranges::find(kKnown, name) == std::end(kKnown))
        return refuse("bad-match", span, "a criterion that ssh does not know");
      if (!has_patterns && i + 1 < read.arguments.size()) {
        patterns = read.arguments[++i].text;
        has_patterns = !patterns.empty();
      }
      if (!has_patterns) return refuse("bad-match", span, "a criterion without a pattern");
      const bool is_name =
          name == "host" || name == "originalhost" || name == "user" || name == "localuser";
      if (negated || !is_name || !is_everything(patterns)) block.always = false;
    }
    if (criteria == 0) refuse("bad-match", read.keyword_span, "Match without a criterion");
  }

  std::string_view text_;
  std::string ignored_;
  size_t most_;
  LineIndex lines_;
  File file_;
  size_t unknown_ = 0;  // keywords that were compared with IgnoreUnknown
};

}  // namespace

File parse(std::string_view text, std::string_view ignored, size_t most) {
  return Parser(text, ignored, most).run();
}

bool matches(std::string_view pattern, std::string_view text) {
  // Greedy with one point to come back to: linear in the product of the lengths at worst.
  size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace drydock::parsers::ssh_config
