#include "parsers/grub_default.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::grub_default {
namespace {

std::string fallback(const Piece& piece) {
  std::string out = piece.has_fallback && piece.if_set ? "+" : "";
  for (const Piece& part : piece.fallback)
    out += part.kind == Piece::Kind::variable ? "{" + part.text + "}" : part.text;
  return out;
}

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Assignment& a : file.assignments) {
    out += a.name +
           (a.appends  ? "+"
            : a.unsets ? "-"
                       : "") +
           (a.is_conditional ? "?" : "") + " " + test::place(a.span) + " " +
           test::place(a.value_span);
    for (const Piece& piece : a.pieces)
      out += piece.kind == Piece::Kind::text       ? " [" + piece.text + "]"
             : piece.kind == Piece::Kind::variable ? " {" + piece.text + "|" + fallback(piece) + "}"
                                                   : " (" + piece.text + ")";
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(GrubDefaultParser, ReadsAssignmentsOfTheShell) {
  EXPECT_EQ(
      parsed("# c\nGRUB_TIMEOUT=5\nGRUB_DISTRIBUTOR=`lsb_release -i || echo Debian`\n"
             "GRUB_CMDLINE_LINUX=\"a \\\"b\\\" $X ${Y:-c}\"'d'\\e\nexport A=1 B=2; C+=$(id)\n"),
      "GRUB_TIMEOUT 2:1-2:15 2:14-2:15 [5]\n"
      "GRUB_DISTRIBUTOR 3:1-3:49 3:18-3:49 (lsb_release -i || echo Debian)\n"
      "GRUB_CMDLINE_LINUX 4:1-4:45 4:20-4:45 [a ] [\"b] [\" ] {X|} [ ] {Y|c} [d] [e]\n"
      "A 5:8-5:11 5:10-5:11 [1]\n"
      "B 5:12-5:15 5:14-5:15 [2]\n"
      "C+ 5:17-5:25 5:20-5:25 (id)\n");
}

TEST(GrubDefaultParser, MarksWhatDependsOnACondition) {
  EXPECT_EQ(
      parsed("if [ -e /x ]; then\n  A=1\nfi\nB=2\n[ x ] && C=3\n. /etc/more\n"),
      "A? 2:3-2:6 2:5-2:6 [1]\n"
      "B 4:1-4:4 4:3-4:4 [2]\n"
      "C? 5:10-5:13 5:12-5:13 [3]\n"
      "error command 6:1-6:2 a command: what it does to the settings is not known (ignored)\n");
}

TEST(GrubDefaultParser, WorksOutNoOtherExpansion) {
  EXPECT_EQ(parsed("A=${X:}\nB=${X%y}\nC=${}\nD=${X-z}\n"),
            "A 1:1-1:8 1:3-1:8 (X)\nB 2:1-2:9 2:3-2:9 (X)\nC 3:1-3:6 3:3-3:6 ()\n"
            "D 4:1-4:9 4:3-4:9 {X|z}\n");
}

// As tuned writes it into /etc/default/grub.
TEST(GrubDefaultParser, ReadsVariablesInsideOfAlternatives) {
  EXPECT_EQ(parsed("D=\"${D:+$D }\\$tuned\"\nE=${X-${Y}}\nF=${X:-'q'}\n"),
            "D 1:1-1:21 1:3-1:21 {D|+{D} } [$tuned]\n"
            "E 2:1-2:12 2:3-2:12 {X|{Y}}\n"
            "F 3:1-3:12 3:3-3:12 (X)\n");
}

TEST(GrubDefaultParser, KeepsWhatStaysSetOnly) {
  EXPECT_EQ(parsed("A=1 true\n(B=2)\nunset C D; E=3 :\n"),
            "B? 2:2-2:5 2:4-2:5 [2]\n"
            "C- 3:7-3:8 3:8-3:8\nD- 3:9-3:10 3:10-3:10\n"
            "E 3:12-3:15 3:14-3:15 [3]\n");
}

TEST(GrubDefaultParser, RefusesAnOpenQuote) {
  EXPECT_EQ(parsed("A=1\nB=\"x\n"),
            "A 1:1-1:4 1:3-1:4 [1]\nerror unterminated-quote 2:3-2:4 the quote is never closed "
            "(refused)\n");
}

}  // namespace
}  // namespace drydock::parsers::grub_default
