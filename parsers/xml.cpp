#include "parsers/xml.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace drydock::parsers::xml {

namespace {

constexpr size_t kDepth = 64;
constexpr size_t kElements = 100'000;
constexpr size_t kAttributes = 64;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) {
  return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  Document parse() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    // Only at the very beginning.
    if (rest().starts_with("<?xml") && at_ + 5 < text_.size() && is_space(text_[at_ + 5]))
      past("?>", "the declaration does not end");
    while (at_ < text_.size() && !failed_) {
      if (rest().starts_with("<!--"))
        comment();
      else if (rest().starts_with("<![CDATA["))
        character_data();
      else if (rest().starts_with("<!DOCTYPE"))
        document_type();
      else if (rest().starts_with("<?"))
        instruction();
      else if (rest().starts_with("</"))
        end_tag();
      else if (text_[at_] == '<')
        start_tag();
      else
        characters();
    }
    if (!failed_ && !open_.empty())
      fail("wrong-end", at_, at_, "<" + out_.elements[open_.back()].name + "> does not end");
    if (!failed_ && out_.elements.empty()) fail("no-element", 0, 0, "there is no root element");
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  void fail(std::string_view code, size_t begin, size_t end, std::string message) {
    if (!failed_)
      out_.errors.add(code, lines_.span(begin, end), std::move(message), Effect::refused);
    failed_ = true;
  }

  // Goes behind `mark`; fails if it does not come.
  std::string_view past(std::string_view mark, std::string_view message) {
    const size_t begin = at_;
    const size_t found = text_.find(mark, at_);
    if (found == std::string_view::npos) {
      fail("bad-markup", begin, std::min(begin + 4, text_.size()), std::string(message));
      return {};
    }
    at_ = found + mark.size();
    return text_.substr(begin, found - begin);
  }

  void comment() {
    const size_t begin = at_;
    at_ += 4;
    past("--", "the comment does not end");
    if (failed_) return;
    if (at_ >= text_.size() || text_[at_] != '>')
      return fail("bad-markup", begin, at_, "'--' inside a comment");
    ++at_;
  }

  void instruction() {
    const size_t begin = at_;
    at_ += 2;
    if (at_ >= text_.size() || !is_name_start(text_[at_]) || rest().starts_with("xml "))
      return fail("bad-markup", begin, at_, "a processing instruction without a name of its own");
    past("?>", "the processing instruction does not end");
  }

  // <!DOCTYPE name …>; a subset of its own is not read, and no entity of it is known.
  void document_type() {
    const size_t begin = at_;
    if (!out_.elements.empty())
      return fail("bad-markup", begin, begin + 9, "a document type behind the root element");
    bool in_subset = false;
    for (char quote = 0; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '[') {
        in_subset = true;
      } else if (c == ']') {
        in_subset = false;
      } else if (c == '>' && !in_subset) {
        ++at_;
        return;
      }
    }
    fail("bad-markup", begin, begin + 9, "the document type does not end");
  }

  void character_data() {
    const size_t begin = at_;
    if (open_.empty())
      return fail("text-outside", begin, begin + 9, "text outside the root element");
    at_ += 9;
    const std::string_view text = past("]]>", "the CDATA section does not end");
    if (!failed_ && is_text(text, begin + 9)) out_.elements[open_.back()].text += text;
  }

  void characters() {
    const size_t begin = at_;
    at_ = std::min(text_.find('<', at_), text_.size());
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (open_.empty()) {
      const size_t first = text.find_first_not_of(" \t\r\n");
      if (first != std::string_view::npos)
        fail("text-outside", begin + first, begin + first + 1, "text outside the root element");
      return;
    }
    if (auto plain = unescaped(text, begin)) out_.elements[open_.back()].text += *plain;
  }

  bool is_text(std::string_view text, size_t offset) {
    for (size_t i = 0; i < text.size(); ++i)
      if (static_cast<unsigned char>(text[i]) < 0x20 && !is_space(text[i])) {
        fail("bad-character", offset + i, offset + i + 1, "a control character");
        return false;
      }
    return true;
  }

  std::optional<std::string> unescaped(std::string_view text, size_t offset) {
    if (!is_text(text, offset)) return std::nullopt;
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '&') {
        out += text[i];
        continue;
      }
      const size_t end = text.find(';', i);
      const std::string_view name =
          end == std::string_view::npos ? "" : text.substr(i + 1, end - i - 1);
      if (!reference(name, out)) {
        fail("bad-entity", offset + i, offset + std::min(text.size(), i + 1 + name.size()),
             "'&' that begins no known reference");
        return std::nullopt;
      }
      i = end;
    }
    return out;
  }

  static bool reference(std::string_view name, std::string& out) {
    static constexpr std::pair<std::string_view, char> kKnown[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [known, c] : kKnown)
      if (name == known) {
        out += c;
        return true;
      }
    if (!name.starts_with('#') || name.size() > 10) return false;
    const bool is_hex = name.starts_with("#x");
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.empty())
      return false;
    if ((code < 0x20 && code != 9 && code != 10 && code != 13) || code > 0x10FFFF ||
        (code >= 0xD800 && code < 0xE000))
      return false;
    append_utf8(out, code);
    return true;
  }

  std::string_view name() {
    const size_t begin = at_;
    if (at_ < text_.size() && is_name_start(text_[at_]))
      while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  void space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  void end_tag() {
    const size_t begin = at_;
    at_ += 2;
    const std::string_view ends = name();
    space();
    if (at_ >= text_.size() || text_[at_] != '>')
      return fail("bad-markup", begin, at_, "the end tag does not end");
    ++at_;
    if (open_.empty() || out_.elements[open_.back()].name != ends)
      return fail("wrong-end", begin, at_,
                  "</" + std::string(ends) + "> ends an element that is not open");
    open_.pop_back();
  }

  void start_tag() {
    const size_t begin = at_;
    ++at_;
    Element element;
    element.name = name();
    if (element.name.empty()) return fail("bad-markup", begin, begin + 1, "'<' that begins no tag");
    bool is_empty = false;
    while (true) {
      const size_t gap = at_;
      space();
      if (at_ >= text_.size()) return fail("bad-markup", begin, at_, "the tag does not end");
      if (text_[at_] == '>') break;
      if (rest().starts_with("/>")) {
        is_empty = true;
        ++at_;
        break;
      }
      if (gap == at_ || !attribute(element))
        return fail("bad-attribute", at_, std::min(at_ + 1, text_.size()),
                    "expected an attribute with a value in quotes");
    }
    ++at_;
    element.span = lines_.span(begin, at_);
    if (open_.empty() && !out_.elements.empty())
      return fail("text-outside", begin, at_, "a second root element");
    if (out_.elements.size() >= kElements)
      return fail("too-many-elements", begin, at_, "more than 100000 elements");
    if (open_.size() >= kDepth)
      return fail("too-deep", begin, at_, "more than 64 elements in each other");
    if (!open_.empty()) element.parent = open_.back();
    out_.elements.push_back(std::move(element));
    if (!is_empty) open_.push_back(out_.elements.size() - 1);
  }

  bool attribute(Element& element) {
    const size_t begin = at_;
    Attribute one;
    one.name = name();
    if (one.name.empty()) return false;
    space();
    if (at_ >= text_.size() || text_[at_] != '=') return false;
    ++at_;
    space();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return false;
    const char quote = text_[at_];
    const size_t value = ++at_;
    const size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) return false;
    const std::string_view raw = text_.substr(value, end - value);
    if (raw.find('<') != std::string_view::npos) return false;
    auto plain = unescaped(raw, value);
    if (!plain) return true;  // said already
    std::ranges::replace_if(*plain, is_space, ' ');
    one.value = std::move(*plain);
    at_ = end + 1;
    one.span = lines_.span(begin, at_);
    one.value_span = lines_.span(value, end);
    if (element.find(one.name) || element.attributes.size() >= kAttributes) {
      at_ = begin;
      return false;
    }
    element.attributes.push_back(std::move(one));
    return true;
  }

  std::string_view text_;
  LineIndex lines_;
  size_t at_ = 0;
  Document out_;
  std::vector<size_t> open_;
  bool failed_ = false;
};

}  // namespace

const Attribute* Element::find(std::string_view attribute) const {
  for (const Attribute& one : attributes)
    if (one.name == attribute) return &one;
  return nullptr;
}

std::string_view Element::value(std::string_view attribute) const {
  const Attribute* const one = find(attribute);
  return one ? std::string_view(one->value) : std::string_view();
}

Document parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::xml
