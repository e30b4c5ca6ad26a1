#include "analyzer/report/excerpt.h"

#include <gtest/gtest.h>

#include "analyzer/report/prose.h"
#include "analyzer/report/unicode.h"

namespace drydock::report {
namespace {

// Both lines, as they stand under each other.
std::string shown(std::string_view line, size_t begin, size_t end, size_t width = 40) {
  const Excerpt out = excerpt(line, begin, end, width);
  return out.line + "\n" + out.marks;
}

TEST(Excerpt, MarksThePart) {
  EXPECT_EQ(shown("a = 1", 4, 5),
            "a = 1\n"
            "    ^");
  EXPECT_EQ(shown("a = 1", 9, 9), "a = 1\n     ^") << "beyond the line: at its end";
  EXPECT_EQ(shown("a = 1", 2, 2), "a = 1\n  ^") << "an empty part is marked, too";
}

TEST(Excerpt, AlignsUnderTabsAndWideCharacters) {
  EXPECT_EQ(shown("\tkey\tx", 5, 6), "    key x\n        ^");
  EXPECT_EQ(shown("漢 = 1", 6, 7), "漢 = 1\n     ^");
  EXPECT_EQ(shown("caf\xE9 = 1", 7, 8), "caf\uFFFD = 1\n       ^");
}

TEST(Excerpt, ShowsNoControlCharacter) {
  EXPECT_EQ(shown("a\x1b[31mb\r", 6, 7), "a?[31mb?\n      ^");
}

TEST(Excerpt, ShowsALongLineAroundThePart) {
  EXPECT_EQ(shown(std::string(20, 'a') + "KEY" + std::string(80, 'b'), 20, 23),
            "aaaaaaaaaaaaaaaaaaaaKEYbbbbbbbbbbbbbb...\n"
            "                    ^^^");
  EXPECT_EQ(shown(std::string(100, 'a') + "KEY" + std::string(100, 'b'), 100, 103),
            "...aaaaaaaaaaaaaKEYbbbbbbbbbbbbbbbbbb...\n"
            "                ^^^");
  const Excerpt huge = excerpt(std::string(20'000'000, 'x'), 19'999'990, 19'999'999, 80);
  EXPECT_EQ(display_width(huge.line), 39u);
  EXPECT_EQ(huge.marks, std::string(29, ' ') + "^^^^^^^^^");
}

TEST(Prose, TakesTheFirstParagraph) {
  EXPECT_EQ(first_paragraph("\n one\n  two\n\nthree\n"), "one two");
  EXPECT_EQ(sentence(" It is so \n"), "It is so.");
  EXPECT_EQ(sentence("Is it?"), "Is it?");
}

TEST(Prose, WrapsButKeepsCommandsWhole) {
  EXPECT_EQ(wrapped("one two three four", 9, 2, 0), "one two\n  three\n  four");
  EXPECT_EQ(wrapped("then run `sysctl --system`.", 20, 2, 0), "then run\n  `sysctl --system`.");
  EXPECT_EQ(wrapped("a `command that is far too long for the line`", 12, 0, 0),
            "a `command\nthat is far\ntoo long for\nthe line`");
}

}  // namespace
}  // namespace drydock::report
