#include "parsers/dpkg_status.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::dpkg_status {
namespace {

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
      if (in_conffiles_) read_conffile(line);
      return;
    }
    if (!open_) {
      open_ = true;
      first_ = span(line, strip(line));
    }
    in_conffiles_ = false;
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
      if (take(kSource, line, name)) {
        package_.source = word(value, 0);
        std::string_view version = word(value, 1);
        if (version.starts_with('(') && version.ends_with(')'))
          package_.source_version = version.substr(1, version.size() - 2);
      }
    } else if (same_name(name, "Conffiles")) {
      in_conffiles_ = take(kConffiles, line, name);
    }
  }

  // " /etc/ssh/moduli 0123456789abcdef0123456789abcdef obsolete"; a path may have blanks.
  void read_conffile(std::string_view line) {
    const std::string_view whole = strip(line);
    Conffile file{.path = whole, .span = span(line, whole)};
    for (const std::string_view flag : {"obsolete", "remove-on-upgrade"})
      if (whole.ends_with(flag) && whole.size() > flag.size() &&
          is_blank(whole[whole.size() - flag.size() - 1])) {
        file.flag = whole.substr(whole.size() - flag.size());
        file.path = strip(whole.substr(0, whole.size() - flag.size()));
      }
    const size_t blank = file.path.rfind(' ');
    if (blank == std::string_view::npos || !whole.starts_with('/'))
      return error("bad-conffile", file.span, "expected a path and its checksum");
    file.md5 = file.path.substr(blank + 1);
    file.path = strip(file.path.substr(0, blank));
    package_.conffiles.push_back(file);
  }

  enum Field : unsigned {
    kPackage = 1,
    kVersion = 2,
    kArchitecture = 4,
    kStatus = 8,
    kSource = 16,
    kConffiles = 32
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
        file_.packages.push_back(std::move(package_));
      }
    }
    open_ = in_conffiles_ = false;
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
  bool in_conffiles_ = false;
  unsigned seen_ = 0;
  Span first_;
  Package package_;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::dpkg_status
