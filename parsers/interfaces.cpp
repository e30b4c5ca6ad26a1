#include "parsers/interfaces.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::interfaces {

namespace {

struct Word {
  std::string_view text;
  size_t begin = 0;
};

// ifupdown's own tables; `ifquery` is the judge.
bool has_method(std::string_view family, std::string_view method) {
  static constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
      {"inet", "loopback static manual dhcp bootp tunnel ppp wvdial ipv4ll"},
      {"inet6", "auto loopback static manual dhcp v4tunnel tunnel 6to4"},
      {"ipx", "static dynamic"},
      {"can", "static"},
      {"meta", "none"}};
  for (const auto& [known, methods] : kMethods) {
    if (known != family) continue;
    const std::string padded = " " + std::string(methods) + " ";
    return padded.find(" " + std::string(method) + " ") != std::string::npos;
  }
  return false;
}

bool is_family(std::string_view family) {
  return family == "inet" || family == "inet6" || family == "ipx" || family == "can" ||
         family == "meta";
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  File parse() {
    for (size_t at = 0; at < text_.size();) {
      const size_t begin = at;
      // A backslash at the end of a line joins the next one to it.
      size_t end = at;
      while (true) {
        end = std::min(text_.find('\n', at), text_.size());
        at = end + 1;
        if (end == begin || text_[end - 1] != '\\' || at >= text_.size()) break;
      }
      line(begin, end);
    }
    return std::move(out_);
  }

 private:
  void refuse(std::string_view code, size_t begin, size_t end, std::string message) {
    out_.errors.add(code, lines_.span(begin, end), std::move(message), Effect::refused);
  }

  std::vector<Word> words(size_t begin, size_t end) const {
    std::vector<Word> list;
    for (size_t i = begin; i < end;) {
      if (is_blank_or_return(text_[i]) || text_[i] == '\n' ||
          (text_[i] == '\\' && i + 1 < end && text_[i + 1] == '\n')) {
        ++i;
        continue;
      }
      const size_t start = i;
      while (i < end && !is_blank_or_return(text_[i]) && text_[i] != '\n' &&
             !(text_[i] == '\\' && i + 1 < end && text_[i + 1] == '\n'))
        ++i;
      list.push_back({text_.substr(start, i - start), start});
    }
    return list;
  }

  static size_t end_of(const Word& word) { return word.begin + word.text.size(); }
  Span span(const Word& word) const { return lines_.span(word.begin, end_of(word)); }

  void line(size_t begin, size_t end) {
    const std::vector<Word> all = words(begin, end);
    if (all.empty() || all[0].text.starts_with('#')) return;
    if (text_.substr(begin, end - begin).find('\0') != std::string_view::npos)
      return refuse("nul-byte", begin, end, "a NUL byte");
    const std::string_view first = all[0].text;
    if (first == "iface") return iface(all);
    const bool is_allow = first.starts_with("allow-");
    if (first == "auto" || is_allow) {
      in_ = In::nothing;
      for (size_t i = 1; i < all.size(); ++i)
        out_.starts.push_back({std::string(is_allow ? first.substr(6) : first),
                               std::string(all[i].text), span(all[i])});
    } else if (first == "source" || first == "source-directory" || first == "source-dir") {
      in_ = In::nothing;
      for (size_t i = 1; i < all.size(); ++i)
        out_.includes.push_back({std::string(all[i].text), first != "source", span(all[i])});
    } else if (first == "mapping") {
      in_ = In::mapping;
    } else if (first == "no-auto-down" || first == "no-scripts" || first == "rename") {
      in_ = In::nothing;
    } else {
      option(all, end);
    }
  }

  void iface(const std::vector<Word>& all) {
    in_ = In::nothing;
    if (all.size() < 2)
      return refuse("bad-iface", all[0].begin, end_of(all[0]), "expected a name behind iface");
    Stanza stanza;
    stanza.name = all[1].text;
    stanza.span = lines_.span(all[0].begin, end_of(all.back()));
    size_t next = 2;
    if (next < all.size() && is_family(all[next].text)) stanza.family = all[next++].text;
    if (next < all.size() && has_method(stanza.family, all[next].text))
      stanza.method = all[next++].text;
    if (next + 1 < all.size() && all[next].text == "inherits") {
      stanza.inherits = all[next + 1].text;
      next += 2;
    }
    if (stanza.inherits.empty() && stanza.family.empty())
      return refuse("unknown-family", all[0].begin, end_of(all.back()),
                    "expected the kind of address: inet, inet6");
    if (stanza.inherits.empty() && stanza.method.empty())
      return refuse("unknown-method", all[0].begin, end_of(all.back()),
                    "expected a method that " + stanza.family + " has: static, dhcp, manual");
    if (next < all.size())
      out_.errors.add("extra-word", span(all[next]),
                      "'" + std::string(all[next].text) + "' behind the method means nothing");
    out_.stanzas.push_back(std::move(stanza));
    in_ = In::stanza;
  }

  void option(const std::vector<Word>& all, size_t end) {
    if (in_ == In::nothing)
      return refuse("misplaced-option", all[0].begin, end_of(all[0]),
                    "'" + std::string(all[0].text) + "' belongs to no stanza");
    if (all.size() < 2)
      return refuse("missing-value", all[0].begin, end_of(all[0]),
                    "expected a value behind " + std::string(all[0].text));
    if (in_ == In::mapping) return;
    // The value goes to the end of the line; a '#' in it is part of it.
    size_t last = end;
    while (last > all[1].begin && (is_blank_or_return(text_[last - 1]) || text_[last - 1] == '\n'))
      --last;
    std::string value(text_.substr(all[1].begin, last - all[1].begin));
    for (size_t at = value.find("\\\n"); at != std::string::npos; at = value.find("\\\n", at))
      value.erase(at, 2);
    out_.stanzas.back().options.push_back({std::string(all[0].text), std::move(value),
                                           lines_.span(all[0].begin, last),
                                           lines_.span(all[1].begin, last)});
  }

  enum class In : uint8_t { nothing, stanza, mapping };

  std::string_view text_;
  LineIndex lines_;
  File out_;
  In in_ = In::nothing;
};

}  // namespace

File parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::interfaces
