#include "parsers/apk_installed.h"

#include <algorithm>
#include <charconv>

namespace drydock::parsers::apk_installed {
namespace {

template <class Number>
bool read_number(std::string_view& text, Number& out, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc{} || end == text.data()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

bool take_colon(std::string_view& text) {
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return true;
}

class Reader {
 public:
  Reader(std::string_view text, bool with_files) : text_(text), with_files_(with_files) {}

  Database read() {
    for (size_t begin = 0; begin < text_.size();) {
      ++line_;
      const size_t end = std::min(text_.find('\n', begin), text_.size());
      read_line(text_.substr(begin, end - begin));
      begin = end + 1;
    }
    end_paragraph();
    return std::move(database_);
  }

 private:
  Span span(size_t from, size_t to) const {
    return {line_, static_cast<uint32_t>(from) + 1, line_, static_cast<uint32_t>(to) + 1};
  }

  void error(std::string_view code, size_t length, std::string message) {
    database_.errors.add(code, span(0, std::max<size_t>(length, 1)), std::move(message),
                         Effect::refused);
  }

  void read_line(std::string_view line) {
    if (line.empty()) return end_paragraph();
    if (line.size() < 2 || line[1] != ':')
      return error("malformed-line", line.size(), "expected a letter and a colon");
    if (!open_) {
      open_ = true;
      package_.span = span(0, line.size());
    }
    const std::string_view value = line.substr(2);
    switch (line.front()) {
      case 'P':
        package_.name = value;
        package_.span = span(0, line.size());
        break;
      case 'V':
        package_.version = value;
        package_.version_span = span(2, line.size());
        break;
      case 'A':
        package_.architecture = value;
        break;
      case 'o':
        package_.origin = value;
        break;
      case 'F':
        directory_ = value;
        in_file_ = false;
        break;
      case 'R':
        if (!directory_) return error("orphan-file", line.size(), "a file before any directory");
        in_file_ = true;
        if (with_files_)
          package_.files.push_back(
              {.directory = *directory_, .name = value, .span = span(0, line.size())});
        break;
      case 'a':
      case 'Z':
        if (!in_file_) return error("orphan-file", line.size(), "a file's field without a file");
        if (with_files_) read_file_field(line, value);
        break;
      default:  // fields nobody asks for
        break;
    }
  }

  void read_file_field(std::string_view line, std::string_view value) {
    File& file = package_.files.back();
    if (line.front() == 'Z') {
      file.checksum = value;
      return;
    }
    // A checksum of the extended attributes may follow: "a:0:0:755:Q1…".
    if (!read_number(value, file.uid, 10) || !take_colon(value) ||
        !read_number(value, file.gid, 10) || !take_colon(value) ||
        !read_number(value, file.mode, 8) || (!value.empty() && value.front() != ':'))
      error("bad-mode", line.size(), "expected uid:gid:mode");
  }

  void end_paragraph() {
    if (open_) {
      if (package_.name.empty()) {
        database_.errors.add("missing-package", package_.span, "a paragraph without the field P",
                             Effect::refused);
      } else {
        if (package_.version_span.line == 0) package_.version_span = package_.span;
        database_.packages.push_back(std::move(package_));
      }
    }
    package_ = {};
    directory_.reset();
    open_ = in_file_ = false;
  }

  std::string_view text_;
  bool with_files_;
  Database database_;
  Package package_;
  std::optional<std::string_view> directory_;
  uint32_t line_ = 0;
  bool open_ = false, in_file_ = false;
};

}  // namespace

Database parse(std::string_view text, bool with_files) {
  return Reader(text, with_files).read();
}

}  // namespace drydock::parsers::apk_installed
