#include "parsers/hosts_access.h"

#include <algorithm>

namespace drydock::parsers::hosts_access {

namespace {

bool is_separator(char c) {
  return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r' ||
                           text.front() == '\n'))
    text.remove_prefix(1);
  while (!text.empty() &&
         (text.back() == ' ' || text.back() == '\t' || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  return text;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  for (size_t i = 0; i < text.size();) {
    while (i < text.size() && is_separator(text[i])) ++i;
    const size_t begin = i;
    while (i < text.size() && !is_separator(text[i])) ++i;
    if (i == begin) continue;
    std::string word(text.substr(begin, i - begin));
    std::string upper = word;
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    list.push_back(upper == "EXCEPT" ? upper : std::move(word));
  }
  return list;
}

// A line with its continuations joined, and where its bytes stand in the file.
struct Line {
  std::string text;
  std::vector<size_t> offsets;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File parse() {
    for (size_t at = 0; at < text_.size();) {
      const size_t begin = at;
      Line line;
      while (true) {
        const size_t end = std::min(text_.find('\n', at), text_.size());
        const bool goes_on = end > at && text_[end - 1] == '\\' && end < text_.size();
        for (size_t i = at; i < end - (goes_on ? 1 : 0); ++i) {
          line.text += text_[i];
          line.offsets.push_back(i);
        }
        at = end + 1;
        if (!goes_on) break;
      }
      if (at > text_.size()) {
        out_.unfinished = lines_.span(begin, text_.size());
        out_.errors.add("missing-newline", out_.unfinished, "the file ends inside of a line");
        break;
      }
      take(line, begin, at - 1);
    }
    return std::move(out_);
  }

 private:
  void take(const Line& line, size_t begin, size_t end) {
    std::string_view text = line.text;
    if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
      out_.errors.add("nul-byte", lines_.span(begin, end),
                      "a NUL byte, behind which nothing is read");
      text = text.substr(0, nul);
    }
    // Only in the first column.
    if (text.starts_with('#') || trimmed(text).empty()) return;
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos)
      return out_.errors.add("missing-colon", lines_.span(begin, end),
                             "expected ':' between daemons and clients");
    Rule rule;
    rule.span = lines_.span(begin, end);
    rule.daemons = words(text.substr(0, colon));
    const size_t options = end_of_clients(text, colon + 1);
    rule.clients = words(text.substr(colon + 1, options - colon - 1));
    size_t first = colon + 1, last = options;
    while (first < last && is_separator(text[first])) ++first;
    while (last > first && is_separator(text[last - 1])) --last;
    rule.clients_span = first < last ? lines_.span(line.offsets[first], line.offsets[last - 1] + 1)
                                     : lines_.span(line.offsets[colon], line.offsets[colon] + 1);
    for (size_t at = options; at < text.size();) {
      const size_t next = end_of_option(text, at + 1);
      std::string option(trimmed(text.substr(at + 1, next - at - 1)));
      for (size_t i = option.find("\\:"); i != std::string::npos; i = option.find("\\:", i + 1))
        option.erase(i, 1);
      if (!option.empty()) rule.options.push_back(std::move(option));
      at = next;
    }
    out_.rules.push_back(std::move(rule));
  }

  // The ':' behind the clients; those inside of [::1] are none.
  static size_t end_of_clients(std::string_view text, size_t at) {
    bool is_inside = false;
    for (; at < text.size(); ++at) {
      if (text[at] == '[' && text.find(']', at) != std::string_view::npos) is_inside = true;
      if (text[at] == ']') is_inside = false;
      if (text[at] == ':' && !is_inside) return at;
    }
    return text.size();
  }

  static size_t end_of_option(std::string_view text, size_t at) {
    while (at < text.size() && !(text[at] == ':' && text[at - 1] != '\\')) ++at;
    return at;
  }

  std::string_view text_;
  LineIndex lines_;
  File out_;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::hosts_access
