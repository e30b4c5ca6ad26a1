#include "analyzer/report/unicode.h"

#include <gtest/gtest.h>

#include "analyzer/report/uri.h"

namespace drydock::report {
namespace {

TEST(Unicode, CutsOnACodePointAndSaysSo) {
  EXPECT_EQ(cut("short", 5), "short");
  EXPECT_EQ(cut("longer", 5), "long…");
  EXPECT_EQ(cut("ééééé", 5), "ééééé");
  EXPECT_EQ(cut("éééééé", 5), "éééé…");
  EXPECT_EQ(cut("\xF0\x9F\x9A\xA2\xF0\x9F\x9A\xA2\xF0\x9F\x9A\xA2", 2), "\xF0\x9F\x9A\xA2…");
}

TEST(Unicode, CountsUtf16UnitsAsAReaderDecodes) {
  EXPECT_EQ(utf16_length("abc"), 3u);
  EXPECT_EQ(utf16_length("é"), 1u);
  EXPECT_EQ(utf16_length("\xF0\x9F\x9A\xA2"), 2u);
  EXPECT_EQ(utf16_length("caf\xE9!"), 5u);
}

TEST(Unicode, TellsUtf8FromOtherBytes) {
  EXPECT_TRUE(is_utf8("plain, caf\u00E9, \uFFFD"));
  EXPECT_FALSE(is_utf8("caf\xE9"));
  EXPECT_FALSE(is_utf8("\xC0\x80"));
}

TEST(Unicode, PrintsNothingThatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b]0;owned\x07 \x1b[2J", true), "?]0;owned? ?[2J");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m",
                      true),
            "?31m");  // C1 control sequence introducer
  EXPECT_EQ(printable("\x9B"
                      "31m",
                      true),
            "\uFFFD31m");                                     // and as a lone byte
  EXPECT_EQ(printable("a\u202Etxt.exe", true), "a?txt.exe");  // right-to-left override
  EXPECT_EQ(printable("a\nb\tc\r", true), "a b c?");
  EXPECT_EQ(printable("a\nb\tc", false), "a\nb\tc");
}

TEST(Unicode, KnowsColumnsOfATerminal) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("e\u0301"), 1u);
}

TEST(Uri, IsAlwaysARelativeReference) {
  EXPECT_EQ(uri_of("etc/ssh/sshd_config"), "etc/ssh/sshd_config");
  EXPECT_EQ(uri_of("/etc//ssh/./../sshd_config"), "etc/ssh/sshd_config");
  EXPECT_EQ(uri_of("C:/x"), "C%3A/x");
  EXPECT_EQ(uri_of("a b%#?\n\xFF"), "a%20b%25%23%3F%0A%FF");
  EXPECT_EQ(uri_of("../.."), ".");
}

}  // namespace
}  // namespace drydock::report
