// Places in a text: where a record, a key, a value or a mistake stands.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace drydock {

// A piece of one file. Lines and columns count from 1; columns count bytes (writers that need UTF-16
// columns convert with the line's text); the end is exclusive. A Span with line 0 means the file as a
// whole (its mode, its existence), not a place in its text.
struct Span {
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t end_line = 0;
  uint32_t end_column = 0;

  friend bool operator==(const Span&, const Span&) = default;
  friend auto operator<=>(const Span&, const Span&) = default;
};

// Turns byte offsets of a text into lines and columns. Lines end with LF (a CR before it belongs to
// the line), as every parser of drydock and every program it models counts them.
class LineIndex {
 public:
  // Keeps no reference to `text`; costs one pass over it.
  explicit LineIndex(std::string_view text);

  // The span of the bytes [begin, end). Offsets beyond the text are taken as its end.
  Span span(size_t begin, size_t end) const;

  // The bytes [first, second) of line `line` (from 1) without its LF and a CR before it;
  // an empty range at the end of the text for a line that does not exist.
  std::pair<size_t, size_t> line_bounds(uint32_t line) const;

  uint32_t line_count() const { return static_cast<uint32_t>(starts_.size()); }

 private:
  std::pair<uint32_t, uint32_t> position(size_t offset) const;

  std::vector<size_t> starts_;
  std::vector<bool> has_cr_;
  size_t size_;
};

}  // namespace drydock
