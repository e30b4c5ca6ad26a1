#include "analyzer/base/span.h"

#include <gtest/gtest.h>

namespace drydock {
namespace {

TEST(LineIndex, CountsLinesAndBytesFromOne) {
  const LineIndex lines("ab\n\tc\r\n\nlast");
  EXPECT_EQ(lines.line_count(), 4u);
  EXPECT_EQ(lines.span(0, 2), (Span{1, 1, 1, 3}));
  EXPECT_EQ(lines.span(4, 5), (Span{2, 2, 2, 3}));
  EXPECT_EQ(lines.span(0, 12), (Span{1, 1, 4, 5}));
}

TEST(LineIndex, OffsetsBeyondTheTextAreItsEnd) {
  const LineIndex lines("a\n");
  EXPECT_EQ(lines.span(7, 9), (Span{2, 1, 2, 1}));
}

TEST(LineIndex, LineBoundsLeaveOutTheLineEnd) {
  const std::string_view text = "ab\r\ncd\n\nx";
  const LineIndex lines(text);
  const auto line = [&](uint32_t n) {
    const auto [begin, end] = lines.line_bounds(n);
    return text.substr(begin, end - begin);
  };
  EXPECT_EQ(line(1), "ab");
  EXPECT_EQ(line(2), "cd");
  EXPECT_EQ(line(3), "");
  EXPECT_EQ(line(4), "x");
  EXPECT_EQ(line(5), "");
}

}  // namespace
}  // namespace drydock
