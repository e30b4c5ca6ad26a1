// The escapes of C in the values of unit files: systemd.syntax(7) "Quoting".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drydock::parsers {

// Decodes the escape that begins `text`, behind its backslash, into `out`; `text` is not empty. Returns the bytes
// taken; 0 for an escape that systemd does not know (a zero byte is none).
size_t c_unescape(std::string_view text, std::string& out);

}  // namespace drydock::parsers
