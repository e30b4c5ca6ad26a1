#include "parsers/fstab.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::fstab {
namespace {

using namespace std::string_literals;

// The whole visible outcome of a parse: a line an entry, with the places of mount point and
// options.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Entry& e : file.entries) {
    out += test::place(e.span) + " " + e.source + " on " + e.target + " at " +
           test::place(e.target_span) + " type " + e.type + " [" + e.options + "] at " +
           test::place(e.options_span) + " " + std::to_string(e.dump) + " " +
           std::to_string(e.pass) + "\n";
  }
  return out + test::errors(file.errors);
}

std::string options(std::string_view text) {
  std::string out;
  for (const Entry& e : parse(text).entries)
    for (const Option& o : e.option_list)
      out += o.name + (o.has_value ? "=" + o.value : "") + " " + test::place(o.span) + "\n";
  return out;
}

TEST(FstabParser, ReadsSixFieldsWithTheirPlaces) {
  EXPECT_EQ(parsed("# c\n\n  # d\nUUID=1\t/  ext4 errors=remount-ro 0  1\n"),
            "4:1-4:38 UUID=1 on / at 4:8-4:9 type ext4 [errors=remount-ro] at 4:16-4:33 0 1\n");
}

// util-linux 2.38: options, dump and pass are optional, the type is not.
TEST(FstabParser, LinesMayEndEarly) {
  EXPECT_EQ(
      parsed("/dev/a /a ext4\n/dev/b /b ext4 ro 2\n/dev/c /c\n/dev/d"),
      "1:1-1:15 /dev/a on /a at 1:8-1:10 type ext4 [] at 1:15-1:15 0 0\n"
      "2:1-2:20 /dev/b on /b at 2:8-2:10 type ext4 [ro] at 2:16-2:18 2 0\n"
      "error missing-type 3:1-3:10 expected a file system type behind the mount point (ignored)\n"
      "error missing-mount-point 4:1-4:7 expected a mount point behind the device (ignored)\n");
}

// fstab(5): "If the name of the mount point contains spaces or tabs these can be escaped as \040
// and \011".
TEST(FstabParser, DecodesOctalEscapesOnly) {
  EXPECT_EQ(
      parsed("LABEL=a\\040b /x\\011y\\134z\\099\\04 ext4 rw 0 0\n"),
      "1:1-1:45 LABEL=a b on /x\ty\\z\\099\\04 at 1:14-1:33 type ext4 [rw] at 1:39-1:41 0 0\n");
}

TEST(FstabParser, SplitsOptionsAtCommasOutsideOfQuotes) {
  EXPECT_EQ(options("a /b c ,nosuid,,size=1G,x=\"p,q\",mode= 0 0\n"),
            "nosuid 1:9-1:15\nsize=1G 1:17-1:24\nx=\"p,q\" 1:25-1:32\nmode= 1:33-1:38\n");
}

TEST(FstabParser, AnEncodedCommaSeparatesOptionsToo) {
  EXPECT_EQ(options("a /b c rw\\054ro,a\\075b\n"), "rw 1:8-1:10\nro 1:14-1:16\na=b 1:17-1:23\n");
}

// findmnt --verify (2.38): "parse error at line 1 -- ignored" for each of these.
TEST(FstabParser, ABadNumberCostsTheLine) {
  EXPECT_EQ(
      parsed("a /a ext4 rw # note\nb /b ext4 rw 0 x\nc /c ext4 rw 0x 0\nd /d ext4 rw +1 -2\n"),
      "4:1-4:19 d on /d at 4:3-4:5 type ext4 [rw] at 4:11-4:13 1 -2\n"
      "error bad-number 1:14-1:15 the fifth field (dump) is no number, so mount skips the line "
      "(ignored)\n"
      "error bad-number 2:16-2:17 the sixth field (pass) is no number, so mount skips the line "
      "(ignored)\n"
      "error bad-number 3:14-3:16 the fifth field (dump) is no number, so mount skips the line "
      "(ignored)\n");
}

TEST(FstabParser, WhatStandsBehindTheSixthFieldIsNamedUnlessItIsAComment) {
  EXPECT_EQ(parsed("a /a ext4 rw 0 0 # note\nb /b ext4 rw 0 0 nosuid on\n"),
            "1:1-1:17 a on /a at 1:3-1:5 type ext4 [rw] at 1:11-1:13 0 0\n"
            "2:1-2:17 b on /b at 2:3-2:5 type ext4 [rw] at 2:11-2:13 0 0\n"
            "error extra-field 2:18-2:27 nothing is read behind the sixth field (ignored)\n");
}

TEST(FstabParser, TakesCrlfNulAndAMissingLastLineEnd) {
  EXPECT_EQ(parsed("a /a ext4 rw\r\nb /b\0 ext4 rw\nc /c d e"s),
            "1:1-1:13 a on /a at 1:3-1:5 type ext4 [rw] at 1:11-1:13 0 0\n"
            "3:1-3:9 c on /c at 3:3-3:5 type d [e] at 3:8-3:9 0 0\n"
            "error nul-byte 2:1-2:14 a NUL byte in the line (ignored)\n");
}

}  // namespace
}  // namespace drydock::parsers::fstab
