// Where output goes: standard output that may be closed, files that appear whole or not at all.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/base/result.h"

namespace drydock::cli {

// Writes all of `text` to standard output. A reader that went away (EPIPE) is no error: there is
// nobody left to tell.
Result<void> write_standard_output(std::string_view text);

// Writes `text` to `path`, which afterwards has all of it or is what it was before: a temporary
// file in the same directory takes its place at the end. A symbolic link stays one and its target
// is written; a device or a pipe ("/dev/stderr") is written to directly. Fails with the system's
// reason.
Result<void> write_file(const std::string& path, std::string_view text);

// `path` "-" is standard output.
Result<void> write_output(const std::string& path, std::string_view text);

// Is colour wanted on the stream? `when` is auto, always or never; auto looks at NO_COLOR
// (https://no-color.org), CLICOLOR_FORCE, TERM=dumb, and whether `descriptor` is a terminal.
bool want_colour(std::string_view when, int descriptor);

// Columns of the terminal on standard output; `fallback` where there is none.
int terminal_width(int fallback);

}  // namespace drydock::cli
