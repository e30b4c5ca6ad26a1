// A line whose continuations are joined, and where in the file each piece of it stands.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/syntax_error.h"

namespace drydock::parsers {

struct JoinedLine {
  struct Piece {
    size_t offset;  // in text
    size_t source;  // in the file
  };
  std::string text;
  std::vector<Piece> pieces;

  void add(std::string_view piece, size_t source) {
    pieces.push_back({text.size(), source});
    text += piece;
  }

  // The offset in the file of a byte of the text.
  size_t at(size_t offset) const {
    auto piece = std::upper_bound(pieces.begin(), pieces.end(), offset,
                                  [](size_t o, const Piece& p) { return o < p.offset; });
    if (piece != pieces.begin()) --piece;
    return piece->source + (offset - piece->offset);
  }

  // What [begin, end) of the text spans in the file.
  Span span(const LineIndex& lines, size_t begin, size_t end) const {
    const size_t first = at(begin);
    return lines.span(first, end > begin ? at(end - 1) + 1 : first);
  }
};

}  // namespace drydock::parsers
