// The line hashes by which GitHub code scanning recognizes a result again after lines have moved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::report {

// The `primaryLocationLineHash` of lines 1 to `last_line` of a file (fewer when it has fewer),
// equal to what github/codeql-action's upload step computes from a checkout, which warns about
// every result whose hash differs. A line's hash covers the next 100 UTF-16 code units from its
// start, blanks and tabs left out, CR, LF and CRLF as one LF, an end mark 0xFFFF behind the last:
// the sum of unit[k] * 37^(99-k) modulo 2^64, in hexadecimal without padding, then ":" and how many
// times that hash has come so far. Lines are counted as the action counts them: a lone CR ends one,
// too. One pass, in constant memory but for the hashes.
std::vector<std::string> line_hashes(std::string_view text, uint32_t last_line);

}  // namespace drydock::report
