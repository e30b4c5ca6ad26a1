// Writing Unicode as UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace drydock {

// Appends one code point, at most 0x1FFFFF; surrogates are written as they come.
void append_utf8(std::string& out, char32_t c);

// UTF-16 as UTF-8; a lone surrogate becomes U+FFFD.
std::string utf8_of(std::u16string_view units);

}  // namespace drydock
