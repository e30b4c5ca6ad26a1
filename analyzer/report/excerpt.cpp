#include "analyzer/report/excerpt.h"

#include <algorithm>

#include "analyzer/report/unicode.h"

namespace drydock::report {
namespace {

constexpr std::string_view kCut = "...";
constexpr size_t kTab = 4;

// The first byte at or before `at` that starts a code point.
size_t aligned(std::string_view bytes, size_t at) {
  size_t start = at;
  while (start > 0 && at - start < 3 && (static_cast<unsigned char>(bytes[start]) & 0xC0) == 0x80)
    --start;
  return start;
}

}  // namespace

Excerpt excerpt(std::string_view line, size_t begin, size_t end, size_t width) {
  width = std::max(width, size_t{20});
  begin = std::min(begin, line.size());
  end = std::clamp(end, begin, line.size());
  Excerpt out;
  size_t at = 0, columns = 0;
  // A byte takes at most kTab columns, so a short line needs no cut.
  const bool fits =
      line.size() <= width && display_width(line) + kTab * static_cast<size_t>(std::count(
                                                               line.begin(), line.end(), '\t')) <=
                                  width;
  if (!fits && begin + 10 > width) {
    at = aligned(line, begin - std::min(begin, width / 3));
    out.line = out.marks = at > 0 ? kCut : "";
    std::fill(out.marks.begin(), out.marks.end(), ' ');
    columns = out.line.size();
  }
  while (at < line.size()) {
    const size_t first = at;
    const char32_t c = next_code_point(line, at);
    std::string shown;
    size_t size = 1;
    if (c == '\t') {
      size = kTab - columns % kTab;
      shown.assign(size, ' ');
    } else if (is_unprintable(c)) {
      shown = "?";
    } else {
      append_utf8(shown, c);
      size = static_cast<size_t>(display_width(c));
    }
    if (!fits && columns + size + kCut.size() > width) {
      out.line += kCut;
      break;
    }
    out.line += shown;
    columns += size;
    if (first < begin)
      out.marks.append(size, ' ');
    else if (first < end || first == begin)
      out.marks.append(size, '^');
  }
  if (begin >= line.size()) out.marks += '^';
  return out;
}

}  // namespace drydock::report
