#include "parsers/directives.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::directives {
namespace {

std::string parsed(std::string_view text, const Style& style) {
  const File file = parse(text, style);
  std::string out;
  for (const Directive& d : file.directives)
    out += test::place(d.span) + " " + d.name + " = [" + d.value + "] at " +
           test::place(d.value_span) + "\n";
  return out + test::errors(file.errors);
}

// chrony.conf(5): "Comment lines … with one of the following characters: !, ;, #, %".
TEST(DirectivesParser, WordsSeparatedByWhiteSpace) {
  EXPECT_EQ(parsed("! a\n%b\n  pool\tx iburst  \ncmdport 0\nrtcsync\r\n", {.comments = "#!;%"}),
            "3:3-3:16 pool = [x iburst] at 3:8-3:16\n"
            "4:1-4:10 cmdport = [0] at 4:9-4:10\n"
            "5:1-5:8 rtcsync = [] at 5:8-5:8\n");
}

// postconf(5): "A logical line starts with non-whitespace text. A line that starts with whitespace continues
// a logical line." Comments and empty lines between do not end it.
TEST(DirectivesParser, LinesOfPostfixContinueWithWhiteSpace) {
  EXPECT_EQ(parsed("a = x,\n  y\n# c\n\n\tz\nb=\n  q\nnone\n",
                   {.separator = '=', .leading_space_continues = true}),
            "1:1-5:3 a = [x, y z] at 1:5-5:3\n"
            "6:1-7:4 b = [q] at 7:3-7:4\n"
            "error missing-separator 8:1-8:5 expected '=' after the name (ignored)\n");
}

TEST(DirectivesParser, ABackslashContinuesAndACommentMayFollow) {
  EXPECT_EQ(
      parsed("a x \\\n  y # c\nb#c d\n", {.inline_comments = true, .backslash_continues = true}),
      "1:1-2:4 a = [x y] at 1:3-2:4\n"
      "3:1-3:6 b#c = [d] at 3:5-3:6\n");
}

TEST(DirectivesParser, WhatIsNoLineIsSaid) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parsed("= x\na = \"q\"\nb\0c = 1\n"sv, {.separator = '=', .quotes = true}),
            "2:1-2:8 a = [q] at 2:5-2:8\n"
            "error empty-name 1:1-1:4 there is no name before the separator (ignored)\n"
            "error nul-byte 3:1-3:8 a NUL byte in the line (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::directives
