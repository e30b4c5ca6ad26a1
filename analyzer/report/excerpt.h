// One line of a file with a mark under a part of it, made safe for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drydock::report {

struct Excerpt {
  std::string line;   // printable text of at most `width` columns, tabs as blanks
  std::string marks;  // as many blanks as stand before the marked part, then '^' under it
};

// Marks the bytes [begin, end) of `line`, at least one column. A line that is too long is shown
// around the mark, with "..." where it was cut. Costs no more than `width` allows, however long the
// line is.
Excerpt excerpt(std::string_view line, size_t begin, size_t end, size_t width);

}  // namespace drydock::report
