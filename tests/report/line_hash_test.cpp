// The vectors of the first test are those of github/codeql-action, the others were computed by hand
// from the definition in line_hash.h, as sums over the units (`by_definition` below shares nothing
// with the rolling computation).
#include "analyzer/report/line_hash.h"

#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <map>

namespace drydock::report {
namespace {

using Hashes = std::vector<std::string>;

// The definition as a sum for each line. `units` are UTF-16 code units with line ends already LF
// and blanks removed.
Hashes by_definition(std::u16string units) {
  units += char16_t{0xFFFF};
  Hashes out;
  std::map<uint64_t, int> seen;
  for (size_t start = 0; start < units.size(); ++start) {
    if (start > 0 && units[start - 1] != u'\n') continue;
    uint64_t sum = 0;
    for (size_t k = 0; k < 100; ++k)
      sum = sum * 37 + (start + k < units.size() ? units[start + k] : 0);
    char text[40];
    std::snprintf(text, sizeof text, "%" PRIx64 ":%d", sum, ++seen[sum]);
    out.emplace_back(text);
  }
  return out;
}

Hashes all(std::string_view text) {
  return line_hashes(text, UINT32_MAX);
}

TEST(LineHash, EqualsTheKnownVectors) {
  EXPECT_EQ(all(""), (Hashes{"c129715d7a2bc9a3:1"}));
  EXPECT_EQ(all("PermitRootLogin yes\nPasswordAuthentication no\n"),
            (Hashes{"bb3295b848dfff3e:1", "cf2a9519bb172aa9:1", "c129715d7a2bc9a3:1"}));
}

TEST(LineHash, LeavesBlanksAndTabsOut) {
  EXPECT_EQ(all(" a\tb \n\t c"), by_definition(u"ab\nc"));
}

TEST(LineHash, TakesEveryLineEndAsOne) {
  EXPECT_EQ(all("a\r\nb\rc\nd"), by_definition(u"a\nb\nc\nd"));
  EXPECT_EQ(all("a\r\r\nb"), by_definition(u"a\n\nb"));
  // A blank between CR and LF resets the state: two line ends.
  EXPECT_EQ(all("a\r \nb"), by_definition(u"a\n\nb"));
}

TEST(LineHash, KeepsTheByteOrderMark) {
  EXPECT_EQ(all("\xEF\xBB\xBFx\n"), by_definition(u"\uFEFFx\n"));
}

TEST(LineHash, CountsSurrogatePairsAsTwoUnits) {
  EXPECT_EQ(all("\xF0\x9F\x9A\xA2 ship\n"), by_definition(u"\U0001F6A2ship\n"));
}

TEST(LineHash, DecodesIllFormedBytesAsTheEncodingStandard) {
  EXPECT_EQ(all("caf\xE9\n"), by_definition(u"caf\uFFFD\n"));
  EXPECT_EQ(all("\xC0\xAF"), by_definition(u"\uFFFD\uFFFD"));            // overlong: both bytes
  EXPECT_EQ(all("\xE2\x82z"), by_definition(u"\uFFFDz"));                // a maximal subpart is one
  EXPECT_EQ(all("\xED\xA0\x80"), by_definition(u"\uFFFD\uFFFD\uFFFD"));  // a surrogate: three
  EXPECT_EQ(all("\xF0\x9F\x9A"), by_definition(u"\uFFFD"));              // cut off at the end
  EXPECT_EQ(all("\xF4\x90\x80\x80"), by_definition(u"\uFFFD\uFFFD\uFFFD\uFFFD"));
}

TEST(LineHash, CountsEqualLinesWithinTheFile) {
  // The window crosses lines, so equal lines differ unless what follows is equal for 100 units,
  // too.
  const std::string line(120, 'x');
  const std::u16string wide(120, u'x');
  const Hashes hashes = all(line + "\n" + line + "\n");
  EXPECT_EQ(hashes, by_definition(wide + u"\n" + wide + u"\n"));
  EXPECT_EQ(hashes[0].substr(0, hashes[0].find(':')), hashes[1].substr(0, hashes[1].find(':')));
  EXPECT_TRUE(hashes[1].ends_with(":2"));
}

TEST(LineHash, StopsAtTheLastLineAsked) {
  EXPECT_EQ(line_hashes("PermitRootLogin yes\nPasswordAuthentication no\n", 1),
            (Hashes{"bb3295b848dfff3e:1"}));
  EXPECT_EQ(line_hashes("one\n", 9).size(), 2u);
}

}  // namespace
}  // namespace drydock::report
