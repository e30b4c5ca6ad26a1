#include "analyzer/report/prose.h"

#include "analyzer/report/unicode.h"

namespace drydock::report {
namespace {
constexpr std::string_view kBlank = " \t\r\n";

// The end of the `command in backquotes` that `text` starts with; 0 if it starts with none.
size_t code_end(std::string_view text) {
  if (!text.starts_with('`')) return 0;
  const size_t end = text.find('`', 1);
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string sentence(std::string_view text) {
  std::string out(trimmed(text));
  if (!out.empty() && std::string_view(".!?:").find(out.back()) == std::string_view::npos)
    out += '.';
  return out;
}

std::string first_paragraph(std::string_view text) {
  std::string out;
  text = trimmed(text);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (line.empty()) break;
    if (!out.empty()) out += ' ';
    out += line;
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

std::string wrapped(std::string_view text, size_t width, size_t indent, size_t used) {
  std::string out;
  size_t column = used;
  bool line_start = true;
  for (text = trimmed(text); !text.empty();) {
    size_t end = text.find_first_of(kBlank);
    if (const size_t code = code_end(text);
        code > 0 && display_width(text.substr(0, code)) + indent <= width)
      end = text.find_first_of(kBlank, code);
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : trimmed(text.substr(end));
    const size_t size = display_width(word);
    if (!line_start && column + 1 + size > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
      line_start = true;
    }
    if (!line_start) out += ' ', ++column;
    out += word;
    column += size;
    line_start = false;
  }
  return out;
}

}  // namespace drydock::report
