// Bytes of hostile files as Unicode, the way the readers of reports see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "analyzer/base/utf8.h"

namespace drydock::report {

inline constexpr char32_t kReplacement = 0xFFFD;

// Takes the next code point from `bytes` at `at` and moves `at` behind it. Ill-formed bytes give
// U+FFFD, one for each maximal subpart of a sequence, as the WHATWG Encoding Standard's UTF-8
// decoder does; a byte order mark is a code point like any other. `at` must be less than the size.
char32_t next_code_point(std::string_view bytes, size_t& at);

// How many UTF-16 code units the bytes are when decoded that way.
size_t utf16_length(std::string_view bytes);

bool is_utf8(std::string_view bytes);

// At most `limit` code points of `bytes`; a longer text ends in "…", which counts.
std::string cut(std::string_view bytes, size_t limit);

// `bytes` as text that is safe to print: valid UTF-8 in which every control character (C0 but not
// tab and newline, DEL, C1), every direction override and every invisible format character is '?'.
// Escape sequences of a hostile file name therefore never reach a terminal. With `one_line`, tabs
// and newlines become blanks.
std::string printable(std::string_view bytes, bool one_line);

// Whether printable() replaces the code point.
bool is_unprintable(char32_t c);

// Columns that a terminal gives a printable code point: 0 for a combining mark, 2 for wide East
// Asian characters and emoji, else 1.
int display_width(char32_t c);
size_t display_width(std::string_view bytes);

}  // namespace drydock::report
