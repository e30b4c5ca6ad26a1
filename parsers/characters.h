// What counts as space between words, as the programs that read the formats have it.
#pragma once

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

}  // namespace drydock::parsers
