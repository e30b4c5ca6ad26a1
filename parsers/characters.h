// Classes of characters and small letters, as the programs that read the formats have them: of ASCII alone, whatever
// the locale.
#pragma once

#include <string>
#include <string_view>

namespace drydock::parsers {

// isblank(3).
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// isspace(3) in the C locale.
constexpr bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// A blank, or the carriage return that an editor of another system left at the end of a line.
constexpr bool is_blank_or_return(char c) {
  return is_blank(c) || c == '\r';
}

// isdigit(3).
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// isalpha(3) in the C locale.
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// tolower(3) in the C locale.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

}  // namespace drydock::parsers
