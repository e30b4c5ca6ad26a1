#include "parsers/apt_sources.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::apt_sources {
namespace {

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank_or_return(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank_or_return(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view take_word(std::string_view& text) {
  text = strip(text);
  size_t end = 0;
  while (end < text.size() && !is_blank_or_return(text[end])) ++end;
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text))
    out.emplace_back(word);
  return out;
}

// The lines of a text, numbered from 1.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  uint32_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    visit(++number, text.substr(begin, end - begin));
    begin = end + 1;
  }
}

Span span_in(uint32_t number, std::string_view line, std::string_view part) {
  const auto column = static_cast<uint32_t>(part.data() - line.data()) + 1;
  return {number, column, number, column + static_cast<uint32_t>(part.size())};
}

class ListReader {
 public:
  File read(std::string_view text) {
    each_line(text, [&](uint32_t number, std::string_view line) { read_line(number, line); });
    return std::move(file_);
  }

 private:
  void error(std::string_view code, Span span, std::string message) {
    file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  void read_line(uint32_t number, std::string_view line) {
    const std::string_view whole = strip(line.substr(0, line.find('#')));
    if (whole.empty()) return;
    Source source{.types = {},
                  .uris = {},
                  .suites = {},
                  .components = {},
                  .options = {},
                  .span = span_in(number, line, whole)};
    std::string_view rest = whole;
    const std::string_view type = take_word(rest);
    if (type != "deb" && type != "deb-src")
      return error("unknown-type", span_in(number, line, type), "expected deb or deb-src");
    source.types.emplace_back(type);
    rest = strip(rest);
    if (rest.starts_with('[')) {
      const size_t end = rest.find(']');
      if (end == std::string_view::npos)
        return error("malformed-entry", source.span, "the list of options has no end");
      std::string_view options = rest.substr(1, end - 1);
      rest.remove_prefix(end + 1);
      for (std::string_view word = take_word(options); !word.empty(); word = take_word(options))
        read_option(source, span_in(number, line, word), word);
    }
    // "cdrom:[Debian 12]/" has blanks within its brackets.
    rest = strip(rest);
    if (rest.starts_with("cdrom:[")) {
      size_t end = rest.find(']');
      while (end < rest.size() && !is_blank_or_return(rest[end])) ++end;
      source.uris.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end, rest.size()));
    } else if (const std::string_view uri = take_word(rest); !uri.empty()) {
      source.uris.emplace_back(uri);
    }
    const std::string_view suite = take_word(rest);
    if (suite.empty() || source.uris.front().find(':') == std::string::npos)
      return error("malformed-entry", source.span, "expected a URI and a suite");
    source.suites.emplace_back(suite);
    source.components = words(rest);
    file_.sources.push_back(std::move(source));
  }

  // "arch=amd64,i386", "arch+=i386": names as deb822 has them.
  static void read_option(Source& source, Span span, std::string_view word) {
    const size_t equals = std::min(word.find('='), word.size());
    std::string value(word.substr(std::min(word.size(), equals + 1)));
    std::ranges::replace(value, ',', ' ');
    source.options.push_back({lower(word.substr(0, equals)), std::move(value), span});
  }

  File file_;
};

class StanzaReader {
 public:
  File read(std::string_view text) {
    each_line(text, [&](uint32_t number, std::string_view line) { read_line(number, line); });
    end_stanza();
    return std::move(file_);
  }

 private:
  struct Field {
    std::string name, value;
    Span span;
  };

  void read_line(uint32_t number, std::string_view line) {
    const std::string_view whole = strip(line);
    if (whole.empty()) return end_stanza();
    if (line.front() == '#') return;
    if (is_blank_or_return(line.front()) && !fields_.empty()) {
      fields_.back().value += " " + std::string(whole);
      fields_.back().span.end_line = number;
      fields_.back().span.end_column = span_in(number, line, whole).end_column;
      return;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || is_blank_or_return(line.front()))
      return file_.errors.add("malformed-field", span_in(number, line, whole),
                              "expected a field and a colon", Effect::refused);
    fields_.push_back({lower(strip(line.substr(0, colon))),
                       std::string(strip(line.substr(colon + 1))), span_in(number, line, whole)});
  }

  void end_stanza() {
    if (fields_.empty()) return;
    Source source{.types = {},
                  .uris = {},
                  .suites = {},
                  .components = {},
                  .options = {},
                  .span = fields_.front().span};
    for (Field& field : fields_) {
      if (field.name == "types")
        source.types = words(field.value);
      else if (field.name == "uris")
        source.uris = words(field.value);
      else if (field.name == "suites")
        source.suites = words(field.value);
      else if (field.name == "components")
        source.components = words(field.value);
      else if (field.name == "enabled")
        source.enabled = is_true(field.value, true);
      else
        source.options.push_back({std::move(field.name), std::move(field.value), field.span});
    }
    fields_.clear();
    if (source.types.empty() || source.uris.empty() || source.suites.empty()) {
      // One that is switched off need not be whole.
      if (source.enabled)
        file_.errors.add("missing-field", source.span, "a stanza needs Types, URIs and Suites",
                         Effect::refused);
      return;
    }
    for (const std::string& type : source.types)
      if (type != "deb" && type != "deb-src")
        return file_.errors.add("unknown-type", source.span, "expected deb or deb-src",
                                Effect::refused);
    file_.sources.push_back(std::move(source));
  }

  File file_;
  std::vector<Field> fields_;
};

}  // namespace

const Option* Source::option(std::string_view name) const {
  const Option* found = nullptr;
  for (const Option& one : options)
    if (one.name == name) found = &one;
  return found;
}

File parse_list(std::string_view text) {
  return ListReader().read(text);
}

File parse_deb822(std::string_view text) {
  return StanzaReader().read(text);
}

bool is_true(std::string_view value, bool otherwise) {
  const std::string word = lower(value);
  for (const char* yes : {"yes", "true", "with", "on", "enable", "1"})
    if (word == yes) return true;
  for (const char* no : {"no", "false", "without", "off", "disable", "0"})
    if (word == no) return false;
  return otherwise;
}

}  // namespace drydock::parsers::apt_sources
