#include "parsers/c_escape.h"

#include <cstdint>
#include <optional>

#include "analyzer/base/utf8.h"

namespace drydock::parsers {
namespace {

// `count` digits of `base` at the start of `text`; nullopt if there are fewer.
std::optional<uint32_t> digits(std::string_view text, size_t count, uint32_t base) {
  if (text.size() < count) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

}  // namespace

size_t c_unescape(std::string_view text, std::string& out) {
  constexpr std::string_view kNames = "abfnrtv\\\"'s";
  constexpr std::string_view kBytes = "\a\b\f\n\r\t\v\\\"' ";
  if (const size_t at = kNames.find(text.front()); at != std::string_view::npos) {
    out += kBytes[at];
    return 1;
  }
  switch (text.front()) {
    case 'x':
      if (const auto value = digits(text.substr(1), 2, 16); value && *value != 0) {
        out += static_cast<char>(*value);
        return 3;
      }
      return 0;
    case 'u':
      if (const auto value = digits(text.substr(1), 4, 16); value && *value != 0) {
        append_utf8(out, *value);
        return 5;
      }
      return 0;
    case 'U':
      if (const auto value = digits(text.substr(1), 8, 16);
          value && *value != 0 && *value < 0x110000 && (*value & 0xfffff800) != 0xd800) {
        append_utf8(out, *value);
        return 9;
      }
      return 0;
    default:
      if (const auto value = digits(text, 3, 8); value && *value != 0 && *value <= 255) {
        out += static_cast<char>(*value);
        return 3;
      }
      return 0;
  }
}

}  // namespace drydock::parsers
