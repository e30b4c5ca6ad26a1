#include "parsers/dpkg_status.h"

#include <algorithm>

namespace drydock::parsers::dpkg_status {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view strip(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Field names are compared without regard to case (deb822(5)).
bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
         });
}

// The word number `n` of a value, separated by blanks.
std::string_view word(std::string_view value, int n) {
  for (;; --n) {
    value = strip(value);
    const size_t end = std::min(value.find(' '), value.size());
    if (n == 0 || value.empty()) return value.substr(0, end);
    value.remove_prefix(end);
  }
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  File read() {
    size_t begin = 0;
    while (begin < text_.size()) {
      ++line_;
      const size_t newline = std::min(text_.find('\n', begin), text_.size());
      read_line(text_.substr(begin, newline - begin));
      begin = newline + 1;
    }
    end_paragraph();
    return std::move(file_);
  }

 private:
  Span span(std::string_view line, std::string_view part) const {
    const auto column = static_cast<uint32_t>(part.data() - line.data()) + 1;
    return {line_, column, line_, column + static_cast<uint32_t>(part.size())};
  }

  void read_line(std::string_view line) {
    if (strip(line).empty()) return end_paragraph();
    if (is_blank(line.front())) {
      if (!open_) error("missing-colon", span(line, strip(line)), "a continuation without a field");
      return;
    }
    if (!open_) {
      open_ = true;
      first_ = span(line, strip(line));
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return error("missing-colon", span(line, strip(line)), "expected a field name and a colon");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = strip(line.substr(colon + 1));
    if (same_name(name, "Package")) {
      if (take(kPackage, line, name))
        package_.name = value, package_.span = span(line, strip(line));
    } else if (same_name(name, "Version")) {
      if (take(kVersion, line, name))
        package_.version = value, package_.version_span = span(line, value);
    } else if (same_name(name, "Architecture")) {
      if (take(kArchitecture, line, name)) package_.architecture = value;
    } else if (same_name(name, "Status")) {
      if (take(kStatus, line, name))
        package_.want = word(value, 0), package_.state = word(value, 2);
    } else if (same_name(name, "Source")) {
      if (take(kSource, line, name)) package_.source = word(value, 0);
    }
  }

  enum Field : unsigned {
    kPackage = 1,
    kVersion = 2,
    kArchitecture = 4,
    kStatus = 8,
    kSource = 16
  };

  bool take(Field field, std::string_view line, std::string_view name) {
    if (seen_ & field) {
      error("duplicate-field", span(line, name), "the field stands twice in this paragraph");
      return false;
    }
    seen_ |= field;
    return true;
  }

  void end_paragraph() {
    if (open_) {
      if (package_.name.empty()) {
        error("missing-package", first_, "a paragraph without the field Package");
      } else {
        if (package_.version_span.line == 0) package_.version_span = package_.span;
        file_.packages.push_back(package_);
      }
    }
    open_ = false;
    seen_ = 0;
    package_ = {};
  }

  void error(std::string_view code, Span where, std::string message) {
    file_.errors.add(code, where, std::move(message), Effect::refused);
  }

  std::string_view text_;
  File file_;
  uint32_t line_ = 0;
  bool open_ = false;  // inside a paragraph
  unsigned seen_ = 0;
  Span first_;
  Package package_;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::dpkg_status
