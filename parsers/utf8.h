// UTF-8, for parsers that have to know what is.
#pragma once

#include <cstddef>
#include <string_view>

namespace drydock::parsers {

// The length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15.0, table 3-7); 0
// if there is none.
size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

}  // namespace drydock::parsers
