// The sentences of rules and diagnostics, laid out.
#pragma once

#include <string>
#include <string_view>

namespace drydock::report {

// Without blank space at both ends.
std::string_view trimmed(std::string_view text);

// Trimmed, and ending in a full stop unless it ends a sentence already.
std::string sentence(std::string_view text);

// The first paragraph of a text as one line; blank lines part paragraphs.
std::string first_paragraph(std::string_view text);

// Breaks one paragraph into lines of at most `width` columns; continuation lines start with
// `indent` blanks, and the first is taken to start at column `used`. A longer word is left whole:
// it is a path.
std::string wrapped(std::string_view text, size_t width, size_t indent, size_t used);

}  // namespace drydock::report
