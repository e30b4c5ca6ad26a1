#include "analyzer/report/unicode.h"

#include <algorithm>
#include <array>

namespace drydock::report {
namespace {

struct Range {
  char32_t first, last;
};

template <size_t N>
bool in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](Range range) { return c >= range.first && c <= range.last; });
}

}  // namespace

char32_t next_code_point(std::string_view bytes, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  // The second byte's range is narrower after four leads: no overlong forms, surrogates or values
  // beyond U+10FFFF.
  unsigned char low = 0x80, high = 0xBF;
  int more = 0;
  char32_t c = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1, c = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2, c = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3, c = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return kReplacement;
  }
  for (; more > 0; --more) {
    if (at >= bytes.size() || byte(at) < low || byte(at) > high) return kReplacement;
    c = (c << 6) | (byte(at++) & 0x3F);
    low = 0x80, high = 0xBF;
  }
  return c;
}

size_t utf16_length(std::string_view bytes) {
  size_t units = 0;
  for (size_t at = 0; at < bytes.size();) units += next_code_point(bytes, at) >= 0x10000 ? 2 : 1;
  return units;
}

bool is_utf8(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size();) {
    if (static_cast<unsigned char>(bytes[at]) < 0x80) {
      ++at;
      continue;
    }
    const size_t begin = at;
    // A genuine U+FFFD is three bytes; a made one is at most that, and never EF BF BD.
    if (next_code_point(bytes, at) == kReplacement && bytes.substr(begin, at - begin) != "\uFFFD")
      return false;
  }
  return true;
}

std::string cut(std::string_view bytes, size_t limit) {
  if (bytes.size() <= limit) return std::string(bytes);
  size_t at = 0, kept = 0;
  for (size_t count = 0; at < bytes.size(); ++count) {
    if (count == limit) return std::string(bytes.substr(0, kept)) + "…";
    next_code_point(bytes, at);
    if (count + 2 <= limit) kept = at;
  }
  return std::string(bytes);
}

bool is_unprintable(char32_t c) {
  static constexpr std::array<Range, 8> kHidden{{{0x00, 0x1F},
                                                 {0x7F, 0x9F},
                                                 {0xAD, 0xAD},
                                                 {0x61C, 0x61C},
                                                 {0x200B, 0x200F},
                                                 {0x2028, 0x202E},
                                                 {0x2060, 0x206F},
                                                 {0xFEFF, 0xFEFF}}};
  return in(kHidden, c) || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

std::string printable(std::string_view bytes, bool one_line) {
  std::string out;
  out.reserve(bytes.size());
  for (size_t at = 0; at < bytes.size();) {
    const size_t first = at;  // of a run that needs no look
    while (at < bytes.size() && bytes[at] >= ' ' && bytes[at] < 0x7F) ++at;
    out.append(bytes, first, at - first);
    if (at == bytes.size()) break;
    const char32_t c = next_code_point(bytes, at);
    if (c == '\t' || c == '\n') {
      out += one_line ? ' ' : static_cast<char>(c);
    } else if (is_unprintable(c)) {
      out += '?';
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

int display_width(char32_t c) {
  static constexpr std::array<Range, 6> kCombining{{{0x300, 0x36F},
                                                    {0x483, 0x489},
                                                    {0x1AB0, 0x1AFF},
                                                    {0x20D0, 0x20FF},
                                                    {0xFE00, 0xFE0F},
                                                    {0xFE20, 0xFE2F}}};
  static constexpr std::array<Range, 9> kWide{{{0x1100, 0x115F},
                                               {0x2E80, 0xA4CF},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60},
                                               {0xFFE0, 0xFFE6},
                                               {0x1F300, 0x1FAFF},
                                               {0x20000, 0x3FFFD}}};
  if (c < 0x300) return 1;
  if (in(kCombining, c)) return 0;
  return in(kWide, c) ? 2 : 1;
}

size_t display_width(std::string_view bytes) {
  size_t width = 0;
  for (size_t at = 0; at < bytes.size();) width += display_width(next_code_point(bytes, at));
  return width;
}

}  // namespace drydock::report
