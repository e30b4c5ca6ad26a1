#include "parsers/quadlet.h"

#include <algorithm>

#include "analyzer/base/utf8.h"
#include "parsers/c_escape.h"
#include "parsers/joined_line.h"

namespace drydock::parsers::quadlet {
namespace {

constexpr std::string_view kBlank = " \t\n\v\f\r";
constexpr std::string_view kSeparators = " \t\n\r";
constexpr size_t kLongLine = size_t{1} << 20;
constexpr size_t kAssignments = 200'000;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), index_(text) {}

  unit::File run() {
    JoinedLine line;
    for (size_t at = 0; at <= text_.size();) {
      const size_t end = std::min(text_.find('\n', at), text_.size());
      const bool is_last = end + 1 >= text_.size();  // one LF at the end ends the last line
      // Of the line alone: what follows may be white space up to the end of the file.
      std::string_view content = text_.substr(at, end - at);
      content.remove_prefix(std::min(content.find_first_not_of(kBlank), content.size()));
      const size_t first = end - content.size();
      content = content.substr(0, content.find_last_not_of(kBlank) + 1);
      at = end + 1;
      if (content.empty() || content.front() == '#' || content.front() == ';') {
        if (is_last && !line.text.empty()) break;  // a continuation that nothing ends is lost
        continue;
      }
      const bool goes_on = content.back() == '\\';
      if (goes_on) content.remove_suffix(1);
      if (line.text.size() + content.size() > kLongLine) {
        error("line-too-long", first, first + 1, "a line longer than 1 MiB");
        line = {};
        continue;
      }
      if (!content.empty() || line.pieces.empty()) line.add(content, first);
      if (goes_on && !is_last) continue;
      take(line);
      line = {};
      if (is_last) break;
    }
    return std::move(file_);
  }

 private:
  void error(std::string_view code, size_t begin, size_t end, std::string message) {
    file_.errors.add(code, index_.span(begin, std::max(end, begin + 1)), std::move(message),
                     Effect::refused);
  }
  Span span(const JoinedLine& line, size_t begin, size_t end) const {
    return line.span(index_, begin, end);
  }
  void error(std::string_view code, const JoinedLine& line, std::string message) {
    error(code, line.at(0), line.text.empty() ? 0 : line.at(line.text.size() - 1) + 1,
          std::move(message));
  }

  void take(const JoinedLine& line) {
    const std::string_view text = line.text;
    // What was only a backslash, or whose first piece was.
    if (text.empty() || text.front() == '#' || text.front() == ';') return;
    const size_t close = text.find(']');
    if (text.front() == '[' && close != std::string_view::npos &&
        text.find_first_not_of(" \t", close + 1) == std::string_view::npos)
      return group(line, text.substr(1, close - 1));
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
      return error("bad-line", line, "neither a group nor a key with a value nor a comment");
    if (!has_group_) return error("outside-group", line, "expected a group before this line");
    assignment(line, equals);
  }

  void group(const JoinedLine& line, std::string_view name) {
    const bool safe = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
      return c == '[' || c == '\x7f' || (c >= 0 && c < ' ');
    });
    if (!safe) error("bad-group", line, "a group name that is empty or has odd characters");
    has_group_ = true;
    group_ = name;
    group_span_ = span(line, 0, line.text.size());
  }

  void assignment(const JoinedLine& line, size_t equals) {
    if (file_.assignments.size() >= kAssignments) {
      if (!is_full_) error("too-many", line, "more assignments than are read of one file");
      is_full_ = true;
      return;
    }
    const std::string_view text = line.text;
    const size_t key_end = text.find_last_not_of(kBlank, equals - 1) + 1;
    const size_t begin = std::min(text.find_first_not_of(kBlank, equals + 1), text.size());
    unit::Assignment out;
    out.section = group_;
    out.key = std::string(text.substr(0, key_end));
    out.value = std::string(text.substr(begin));
    out.span = span(line, 0, text.find_last_not_of(kBlank) + 1);
    out.section_span = group_span_;
    out.key_span = span(line, 0, key_end);
    if (out.value.empty()) {
      const size_t behind = line.at(equals) + 1;
      out.value_span = index_.span(behind, behind);
      out.parts.push_back({0, out.value_span});
    } else {
      out.value_span = span(line, begin, text.size());
    }
    for (size_t i = 0; i < line.pieces.size() && !out.value.empty(); ++i) {
      const size_t from = std::max(line.pieces[i].offset, begin);
      const size_t to = i + 1 < line.pieces.size() ? line.pieces[i + 1].offset : text.size();
      if (from < to) out.parts.push_back({from - begin, span(line, from, to)});
    }
    file_.assignments.push_back(std::move(out));
  }

  std::string_view text_;
  LineIndex index_;
  unit::File file_;
  bool has_group_ = false, is_full_ = false;
  std::string group_;
  Span group_span_;
};

enum class Escapes : uint8_t { kept, decoded };

bool is_separator(char c) {
  return kSeparators.find(c) != std::string_view::npos;
}

// The word at `at`; false if the value is in error.
bool read_word(std::string_view value, size_t& at, Escapes escapes, unit::Word& word,
               std::optional<std::string>& error) {
  char quote = 0;
  for (; at < value.size() && value[at] != '\0'; ++at) {
    const char c = value[at];
    if (c == '\\' && escapes == Escapes::decoded) {
      if (at + 1 == value.size()) {
        at = value.size();
        return true;
      }
      const size_t taken = c_unescape(value.substr(at + 1), word.text);
      if (taken == 0) {
        error = "an escape that C does not have";
        return false;
      }
      at += taken;
      // Of numbers it is the character, not the byte.
      if (taken == 3)
        if (const auto byte = static_cast<unsigned char>(word.text.back()); byte >= 0x80) {
          word.text.pop_back();
          append_utf8(word.text, byte);
        }
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? '\0' : c;
    } else if (quote == 0 && is_separator(c)) {
      return true;
    } else {
      word.text += c;
    }
  }
  if (quote != 0 && escapes == Escapes::kept) {
    error = "a quote that is not closed";
    return false;
  }
  return true;
}

unit::Words split(std::string_view value, Escapes escapes) {
  unit::Words out;
  for (size_t at = 0;;) {
    while (at < value.size() && is_separator(value[at])) ++at;
    if (at >= value.size() || value[at] == '\0') return out;
    unit::Word word;
    word.begin = at;
    if (!read_word(value, at, escapes, word, out.error)) {
      out.words.clear();
      return out;
    }
    word.end = std::min(at, value.size());
    if (word.text.empty()) return out;
    out.words.push_back(std::move(word));
  }
}

}  // namespace

unit::File parse(std::string_view text) {
  return Parser(text).run();
}

unit::Words split_list(std::string_view value) {
  return split(value, Escapes::kept);
}

unit::Words split_arguments(std::string_view value) {
  return split(value, Escapes::decoded);
}

bool boolean(std::string_view value) {
  std::string lower(value);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower == "1" || lower == "yes" || lower == "true" || lower == "on";
}

}  // namespace drydock::parsers::quadlet
