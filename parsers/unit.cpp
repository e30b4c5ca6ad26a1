#include "parsers/unit.h"

#include <algorithm>

#include "parsers/joined_line.h"
#include "parsers/utf8.h"

namespace drydock::parsers::unit {
namespace {

constexpr std::string_view kBlank = " \t\n\r";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr size_t kLongLine = size_t{1} << 20;  // LONG_LINE_MAX of systemd

// The lines of systemd: an end of line is LF, CR or NUL, or LF and CR next to each other, or either
// with a NUL behind it.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  // The next line as bytes [begin, end) of the text; false at the end.
  bool next(size_t& begin, size_t& end) {
    if (at_ >= text_.size()) return false;
    begin = at_;
    end = std::min(text_.find_first_of(std::string_view("\n\r\0", 3), at_), text_.size());
    at_ = end;
    bool lf = false, cr = false, nul = false;
    for (; at_ < text_.size() && !nul; ++at_) {
      bool& seen = text_[at_] == '\n' ? lf : text_[at_] == '\r' ? cr : nul;
      if (seen || (&seen == &nul && text_[at_] != '\0')) break;
      seen = true;
    }
    return true;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string_view>& sections)
      : text_(text), lines_(text), sections_(sections) {}

  File run() {
    LineReader reader(text_);
    size_t begin = 0, end = 0;
    bool mark_seen = false;
    JoinedLine logical;
    bool continued = false;
    while (reader.next(begin, end)) {
      if (end - begin >= kLongLine) return too_long(begin);
      // "comment lines ... are ignored" also inside a continuation, and do not end it.
      // Of the line alone: what follows may be white space up to the end of the file.
      const size_t first = text_.substr(begin, end - begin).find_first_not_of(kBlank);
      if (first != std::string_view::npos &&
          (text_[begin + first] == '#' || text_[begin + first] == ';'))
        continue;
      if (!mark_seen && text_.substr(begin, end - begin).starts_with(kByteOrderMark)) {
        begin += kByteOrderMark.size();
        mark_seen = true;
      }
      if (!continued) logical = {};
      if (continued && logical.text.size() + (end - begin) > kLongLine) return too_long(begin);
      bool escaped = false;
      for (size_t i = begin; i < end; ++i) escaped = !escaped && text_[i] == '\\';
      logical.add(text_.substr(begin, end - begin), begin);
      if (escaped) logical.text.back() = ' ';
      continued = escaped;
      if (!continued && !take(logical)) return std::move(file_);
    }
    if (continued) take(logical);
    return std::move(file_);
  }

 private:
  File too_long(size_t begin) {
    file_.errors.add("line-too-long", lines_.span(begin, begin + 1), "a line longer than 1 MiB",
                     Effect::refused);
    return std::move(file_);
  }

  Span span(const JoinedLine& logical, size_t begin, size_t end) const {
    return logical.span(lines_, begin, end);
  }

  // One logical line. False: systemd stops reading here.
  bool take(const JoinedLine& logical) {
    const std::string_view line = logical.text;
    const size_t begin = line.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return true;
    const size_t end = line.find_last_not_of(kBlank) + 1;
    const std::string_view content = line.substr(begin, end - begin);
    const Span whole = span(logical, begin, end);
    if (!is_utf8(content)) {
      file_.errors.add("invalid-utf8", whole, "the line is not UTF-8", Effect::refused);
      return false;
    }
    if (content.front() == '[') return header(content, whole);
    if (section_ == Section::none) {
      file_.errors.add("outside-section", whole, "expected a section header before this line");
      return true;
    }
    if (section_ == Section::skipped) return true;
    const size_t equals = line.find('=', begin);
    if (equals == std::string_view::npos) {
      file_.errors.add("missing-equals", whole, "expected '=' after the key");
      return true;
    }
    if (equals == begin) {
      file_.errors.add("empty-key", whole, "expected a key before '='");
      return true;
    }
    assignment(logical, begin, equals, end, whole);
    return true;
  }

  bool header(std::string_view content, Span whole) {
    const bool closed = content.size() >= 2 && content.back() == ']';
    const std::string_view name =
        closed ? content.substr(1, content.size() - 2) : std::string_view{};
    const bool safe = std::none_of(name.begin(), name.end(), [](char c) {
      return (c >= 0 && c < ' ') || c == '\x7f' || c == '"' || c == '\'' || c == '\\';
    });
    if (!closed || !safe) {
      file_.errors.add("bad-section", whole,
                       closed ? "a section name with quotes, backslashes or control characters"
                              : "expected ']' at the end of the section header",
                       Effect::refused);
      return false;
    }
    section_ = Section::read;
    if (!sections_.empty() &&
        std::find(sections_.begin(), sections_.end(), name) == sections_.end()) {
      section_ = Section::skipped;
      if (!name.starts_with("X-"))
        file_.errors.add("unknown-section", whole, "a section that such a file does not have");
    }
    section_name_ = std::string(name);
    section_span_ = whole;
    return true;
  }

  // [begin, equals) holds the key, (equals, end) the value.
  void assignment(const JoinedLine& logical, size_t begin, size_t equals, size_t end, Span whole) {
    const std::string_view line = logical.text;
    const size_t key_end = line.find_last_not_of(kBlank, equals - 1) + 1;
    const size_t value_begin = std::min(line.find_first_not_of(kBlank, equals + 1), end);
    Assignment out;
    out.section = section_name_;
    out.key = std::string(line.substr(begin, key_end - begin));
    out.value = std::string(line.substr(value_begin, end - value_begin));
    out.span = whole;
    out.section_span = section_span_;
    out.key_span = span(logical, begin, key_end);
    if (value_begin == end) {
      const size_t behind = logical.at(equals) + 1;
      out.value_span = lines_.span(behind, behind);
      out.parts.push_back({0, out.value_span});
    } else {
      out.value_span = span(logical, value_begin, end);
    }
    for (size_t i = 0; i < logical.pieces.size() && value_begin < end; ++i) {
      const size_t from = std::max(logical.pieces[i].offset, value_begin);
      const size_t next =
          i + 1 < logical.pieces.size() ? logical.pieces[i + 1].offset : line.size();
      const size_t to = std::min(next, end);
      if (from < to) out.parts.push_back({from - value_begin, span(logical, from, to)});
    }
    file_.assignments.push_back(std::move(out));
  }

  enum class Section : uint8_t { none, skipped, read };

  std::string_view text_;
  LineIndex lines_;
  const std::vector<std::string_view>& sections_;
  File file_;
  Section section_ = Section::none;
  std::string section_name_;
  Span section_span_;
};

}  // namespace

Span place(const Assignment& assignment, size_t begin, size_t end) {
  const auto at = [&](size_t offset) {
    auto part = std::upper_bound(assignment.parts.begin(), assignment.parts.end(), offset,
                                 [](size_t o, const Part& p) { return o < p.offset; });
    if (part != assignment.parts.begin()) --part;
    return std::pair{part->span.line,
                     static_cast<uint32_t>(part->span.column + (offset - part->offset))};
  };
  end = std::min(end, assignment.value.size());
  begin = std::min(begin, end);
  const auto [line, column] = at(begin);
  if (begin == end) return {line, column, line, column};
  const auto [end_line, last_column] = at(end - 1);
  return {line, column, end_line, last_column + 1};
}

File parse(std::string_view text, const std::vector<std::string_view>& sections) {
  return Parser(text, sections).run();
}

std::vector<std::string_view> sections_of(std::string_view type) {
  if (type == "service") return {"Unit", "Service", "Install"};
  if (type == "socket") return {"Unit", "Socket", "Install"};
  if (type == "timer") return {"Unit", "Timer", "Install"};
  if (type == "mount") return {"Unit", "Mount", "Install"};
  if (type == "automount") return {"Unit", "Automount", "Install"};
  if (type == "swap") return {"Unit", "Swap", "Install"};
  if (type == "path") return {"Unit", "Path", "Install"};
  if (type == "slice") return {"Unit", "Slice", "Install"};
  if (type == "scope") return {"Unit", "Scope", "Install"};
  if (type == "target" || type == "device") return {"Unit", "Install"};
  return {};
}

std::optional<bool> boolean(std::string_view value) {
  std::string lower(value);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const std::string_view yes : {"1", "yes", "y", "true", "t", "on"})
    if (lower == yes) return true;
  for (const std::string_view no : {"0", "no", "n", "false", "f", "off"})
    if (lower == no) return false;
  return std::nullopt;
}

}  // namespace drydock::parsers::unit
