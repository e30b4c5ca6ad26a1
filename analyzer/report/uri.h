// Relative URI references for SARIF (RFC 3986): what every consumer accepts.
#pragma once

#include <string>
#include <string_view>

namespace drydock::report {

// Percent-encodes a path: unreserved characters and '/' stay, every other byte becomes %XX. Leading
// '/', empty, "." and ".." segments are dropped; a ':' is encoded everywhere, so the first segment
// cannot look like a scheme. An empty path gives ".".
std::string uri_of(std::string_view path);

}  // namespace drydock::report
