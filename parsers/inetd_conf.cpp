#include "parsers/inetd_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::inetd_conf {

namespace {

struct Word {
  std::string_view text;
  size_t begin = 0;
  size_t end() const { return begin + text.size(); }
};

std::vector<Word> words(std::string_view text, size_t begin, size_t end) {
  std::vector<Word> list;
  for (size_t i = begin; i < end;) {
    while (i < end && is_blank_or_return(text[i])) ++i;
    const size_t start = i;
    while (i < end && !is_blank_or_return(text[i])) ++i;
    if (i > start) list.push_back({text.substr(start, i - start), start});
  }
  return list;
}

// Calls `take(words, begin, end)` for each line that is neither blank nor a comment nor has a NUL byte.
template <class Take>
void each_line(std::string_view text, const LineIndex& lines, SyntaxErrors& errors, Take take) {
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const size_t end = std::min(text.find('\n', at), text.size());
    at = end + 1;
    const std::vector<Word> all = words(text, begin, end);
    if (all.empty() || all[0].text.starts_with('#')) continue;
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos)
      errors.add("nul-byte", lines.span(begin, end), "a NUL byte");
    else
      take(all);
  }
}

}  // namespace

File parse_inetd(std::string_view text) {
  File out;
  const LineIndex lines(text);
  each_line(text, lines, out.errors, [&](const std::vector<Word>& all) {
    const Span span = lines.span(all.front().begin, all.back().end());
    // "127.0.0.1:" alone sets the address of those that follow; it is no service.
    if (all.size() == 1 && all[0].text.ends_with(':')) return;
    if (all.size() < 6) {
      out.errors.add("too-few-fields", span, "expected six fields and more");
      return;
    }
    if (!all[3].text.starts_with("wait") && !all[3].text.starts_with("nowait")) {
      out.errors.add("bad-wait", lines.span(all[3].begin, all[3].end()), "expected wait or nowait");
      return;
    }
    Service service;
    service.name = all[0].text;
    if (const size_t colon = service.name.rfind(':'); colon != std::string::npos) {
      service.address = service.name.substr(0, colon);
      service.name.erase(0, colon + 1);
    }
    service.protocol = all[2].text.substr(0, all[2].text.find(','));
    service.user = all[4].text;
    service.program = all[5].text;
    for (size_t i = 6; i < all.size(); ++i)
      service.arguments += (i == 6 ? "" : " ") + std::string(all[i].text);
    service.span = span;
    out.services.push_back(std::move(service));
  });
  return out;
}

XinetdFile parse_xinetd(std::string_view text) {
  XinetdFile out;
  const LineIndex lines(text);
  // In what is left out up to its '}': a section with a mistake, or without its '{'.
  enum class In : uint8_t { nothing, head, section, skipped } in = In::nothing;
  each_line(text, lines, out.errors, [&](const std::vector<Word>& all) {
    const std::string_view first = all[0].text;
    const Span span = lines.span(all.front().begin, all.back().end());
    if (in == In::head) {
      if (first == "{") {
        in = In::section;
        return;
      }
      out.errors.add("missing-brace", span, "expected '{'");
      out.sections.pop_back();
      in = In::skipped;
    }
    if (in == In::skipped) {
      if (first == "}") in = In::nothing;
      return;
    }
    if (in == In::section) {
      if (first == "}") {
        in = In::nothing;
        return;
      }
      Attribute attribute;
      attribute.span = span;
      std::string joined;
      for (const Word& word : all) joined += (joined.empty() ? "" : " ") + std::string(word.text);
      const size_t sign = joined.find('=');
      const bool is_change = sign != std::string::npos && sign > 0 &&
                             (joined[sign - 1] == '+' || joined[sign - 1] == '-');
      if (sign == std::string::npos || sign == (is_change ? 1 : 0)) {
        out.errors.add("bad-attribute", span, "expected an attribute with '='");
        return;
      }
      // "disable=yes": "needs a space before operator"; of the defaults what stands above stays.
      if (joined[sign - (is_change ? 2 : 1)] != ' ') {
        out.errors.add("bad-attribute", span, "expected white space before the operator");
        if (!out.sections.back().is_defaults) out.sections.pop_back();
        in = In::skipped;
        return;
      }
      attribute.op = is_change ? joined.substr(sign - 1, 2) : "=";
      attribute.name = joined.substr(0, sign - (is_change ? 1 : 0));
      while (attribute.name.ends_with(' ')) attribute.name.pop_back();
      for (const Word& value : words(joined, sign + 1, joined.size()))
        attribute.values.emplace_back(value.text);
      out.sections.back().attributes.push_back(std::move(attribute));
      return;
    }
    if ((first == "include" || first == "includedir") && all.size() == 2) {
      out.includes.push_back({std::string(all[1].text), first == "includedir", span});
      return;
    }
    Section section;
    section.is_defaults = first == "defaults";
    size_t next = 1;
    if (first == "service" && all.size() > 1 && all[1].text != "{") section.name = all[next++].text;
    if (!section.is_defaults && section.name.empty()) {
      out.errors.add("bad-section", span, "expected defaults, service NAME, include or includedir");
      return;
    }
    section.span = lines.span(all.front().begin, all[next - 1].end());
    out.sections.push_back(std::move(section));
    in = In::head;  // "service telnet {" has no '{': it must begin a line
  });
  if (in == In::head || in == In::section) {
    out.errors.add("missing-brace", out.sections.back().span, "the section does not end");
    out.sections.pop_back();
  }
  return out;
}

}  // namespace drydock::parsers::inetd_conf
