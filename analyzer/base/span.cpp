#include "analyzer/base/span.h"

#include <algorithm>

namespace drydock {

LineIndex::LineIndex(std::string_view text) : starts_{0}, size_(text.size()) {
  for (size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    has_cr_.push_back(at > starts_.back() && text[at - 1] == '\r');
    starts_.push_back(at + 1);
  }
  has_cr_.push_back(false);
}

std::pair<uint32_t, uint32_t> LineIndex::position(size_t offset) const {
  offset = std::min(offset, size_);
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const auto line = static_cast<uint32_t>(next - starts_.begin());
  return {line, static_cast<uint32_t>(offset - *(next - 1)) + 1};
}

Span LineIndex::span(size_t begin, size_t end) const {
  const auto [line, column] = position(begin);
  const auto [end_line, end_column] = position(std::max(begin, end));
  return {line, column, end_line, end_column};
}

std::pair<size_t, size_t> LineIndex::line_bounds(uint32_t line) const {
  if (line == 0 || line > starts_.size()) return {size_, size_};
  const size_t begin = starts_[line - 1];
  if (line == starts_.size()) return {begin, size_};
  return {begin, starts_[line] - 1 - (has_cr_[line - 1] ? 1 : 0)};
}

}  // namespace drydock
