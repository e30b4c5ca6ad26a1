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

// fgets() into a buffer of 1024 bytes.
constexpr size_t kOpenbsdLine = 1023;

struct Field {
  std::string text;
  size_t begin = 0, end = 0;
};

// The words between white space. With `quotes` a quote begins a word, and ends at the next of its kind; without one it is
// part of a word that reaches to the end.
void add_fields(std::string_view text, size_t begin, size_t end, bool quotes,
                std::vector<Field>& fields) {
  const auto is_gap = [&](char c) { return quotes ? is_space(c) : is_blank(c); };
  const auto is_quote = [&](char c) { return quotes && (c == '"' || c == '\''); };
  for (size_t i = begin; i < end;) {
    if (is_gap(text[i])) {
      ++i;
      continue;
    }
    const size_t start = i;
    if (is_quote(text[i])) {
      const size_t close = text.substr(0, end).find(text[i], i + 1);
      i = close == std::string_view::npos ? end : close + 1;
      const size_t skip = close == std::string_view::npos ? 0 : 1;
      fields.push_back({std::string(text.substr(start + skip, i - start - 2 * skip)), start, i});
      continue;
    }
    while (i < end && !is_gap(text[i]) && !is_quote(text[i])) ++i;
    fields.push_back({std::string(text.substr(start, i - start)), start, i});
  }
}

// The fields of one entry after the other.
class Entries {
 public:
  Entries(std::string_view text, Inetd which) : text_(text), which_(which) {}

  // False at the end. `fields` is empty for a comment or a blank line.
  bool next(std::vector<Field>& fields, bool& nul) {
    fields.clear();
    nul = false;
    if (at_ >= text_.size()) return false;
    if (text_[at_] == '#') {
      line();
      return true;
    }
    do {
      const auto [begin, end] = line();
      nul |= text_.substr(begin, end - begin).find('\0') != std::string_view::npos;
      add_fields(text_, begin, end, which_ == Inetd::inetutils, fields);
    } while (which_ == Inetd::openbsd && at_ < text_.size() && is_blank(text_[at_]));
    return true;
  }

 private:
  std::pair<size_t, size_t> line() {
    const size_t begin = at_, most = which_ == Inetd::openbsd ? kOpenbsdLine : text_.size();
    size_t end = std::min(text_.substr(begin, most).find('\n'), text_.size());
    if (end != text_.size()) {
      at_ = begin + end + 1;
      return {begin, begin + end};
    }
    at_ = end = begin + std::min(most, text_.size() - begin);
    return {begin, end};
  }

  std::string_view text_;
  Inetd which_;
  size_t at_ = 0;
};

}  // namespace

File parse_inetd(std::string_view text, Inetd which) {
  File out;
  const LineIndex lines(text);
  std::string addresses = "*";
  Entries entries(text, which);
  std::vector<Field> fields;
  for (bool nul = false; entries.next(fields, nul);) {
    if (fields.empty()) continue;
    const Span span = lines.span(fields.front().begin, fields.back().end);
    if (nul) {
      out.errors.add("nul-byte", span, "a NUL byte");
      continue;
    }
    Service service;
    service.addresses = addresses;
    service.name = fields[0].text;
    size_t i = 1;
    if (const size_t colon = service.name.rfind(':'); colon != std::string::npos) {
      service.addresses = service.name.substr(0, colon);
      service.name.erase(0, colon + 1);
      // "127.0.0.1:" alone sets the address of those that follow; "127.0.0.1: telnet" is openbsd-inetd's alone.
      const bool alone = service.name.empty() && fields.size() == 1;
      if (which == Inetd::openbsd) {
        if (service.addresses.empty()) service.addresses = "*";
        if (service.addresses.starts_with('[') && service.addresses.ends_with(']'))
          service.addresses = service.addresses.substr(1, service.addresses.size() - 2);
        if (service.name.empty() && !alone) service.name = fields[i++].text;
      }
      if (alone) {
        addresses = service.addresses;
        continue;
      }
    }
    if (fields.size() < i + 5) {
      out.errors.add("too-few-fields", span, "expected six fields and more");
      continue;
    }
    service.socket_type = fields[i].text;
    service.protocol = fields[i + 1].text;
    const Field& wait = fields[i + 2];
    service.wait = wait.text;
    if (const std::string how = service.wait.substr(0, service.wait.find('.'));
        how != "wait" && how != "nowait")
      out.errors.add("bad-wait", lines.span(wait.begin, wait.end), "expected wait or nowait");
    service.user = fields[i + 3].text;
    service.program = fields[i + 4].text;
    for (size_t argument = i += 5; i < fields.size(); ++i)
      service.arguments += (i == argument ? "" : " ") + fields[i].text;
    service.span = span;
    out.services.push_back(std::move(service));
  }
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
