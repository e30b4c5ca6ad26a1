#include "analyzer/base/diagnostic.h"

#include <algorithm>

namespace drydock {
namespace {

constexpr size_t kSnippetBytes = 160;

std::string_view name(Level level) {
  switch (level) {
    case Level::note:
      return "note";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

}  // namespace

std::string_view name(DiagnosticKind kind) {
  switch (kind) {
    case DiagnosticKind::parse_error:
      return "parse-error";
    case DiagnosticKind::not_read:
      return "not-read";
    case DiagnosticKind::symlink:
      return "symlink";
    case DiagnosticKind::artifact:
      return "artifact";
    case DiagnosticKind::configuration:
      return "configuration";
    case DiagnosticKind::limit:
      return "limit";
    case DiagnosticKind::internal:
      break;
  }
  return "internal";
}

std::string snippet(std::string_view text, Span span) {
  if (span.line == 0 || text.empty()) return {};
  const LineIndex lines(text);
  const auto [begin, end] = lines.line_bounds(span.line);
  if (begin == end) return {};
  const std::string_view line = text.substr(begin, std::min(end - begin, kSnippetBytes));

  std::string shown, caret;
  const size_t first = span.column > 0 ? span.column - 1 : 0;
  const size_t last = span.end_line > span.line       ? line.size()
                      : span.end_column > span.column ? span.end_column - 1
                                                      : first + 1;
  for (size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f;
    shown += control ? '?' : line[i];
    const bool continuation =
        (byte & 0xC0) == 0x80;  // of a UTF-8 sequence: takes no column of its own
    if (continuation || i >= last) continue;
    caret += i >= first ? '^' : (byte == '\t' ? '\t' : ' ');
  }
  if (first >= line.size()) caret += '^';

  const std::string number = std::to_string(span.line);
  return "  " + number + " | " + shown + "\n  " + std::string(number.size(), ' ') + " | " + caret +
         "\n";
}

std::string render(const Diagnostic& diagnostic, std::string_view text) {
  std::string out(name(diagnostic.level));
  out += ": ";
  if (!diagnostic.path.empty()) {
    out += "'" + diagnostic.path + "'";
    if (diagnostic.span.line > 0) out += " line " + std::to_string(diagnostic.span.line);
    out += ": ";
  }
  out += diagnostic.message + "\n" + snippet(text, diagnostic.span);
  if (!diagnostic.help.empty()) out += "  help: " + diagnostic.help + "\n";
  return out;
}

}  // namespace drydock
