#include "parsers/dockerfile.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::dockerfile {
namespace {

std::string shown(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Instruction& one : file.instructions) {
    out += test::place(one.span) + " " + one.name;
    for (const Word& word : one.words) out += " [" + word.text + "]" + test::place(word.span);
    out += one.heredocs.empty() ? "\n" : " <" + one.heredocs + ">\n";
  }
  return out + test::errors(file.errors);
}

TEST(Dockerfile, WordsKnowTheirPlaces) {
  EXPECT_EQ(shown("# comment\nfrom debian:12 AS base\n  USER\t1000:1000  \r\n"),
            "2:1-2:23 FROM [debian:12]2:6-2:15 [AS]2:16-2:18 [base]2:19-2:23\n"
            "3:3-3:17 USER [1000:1000]3:8-3:17\n");
}

// "Line continuation": comments and empty lines in between are left out.
TEST(Dockerfile, LinesAreContinued) {
  EXPECT_EQ(shown("FROM a\nRUN x \\\n# why\n\n  && y \"a b\" \\\n\nUSER b\\ c\n"),
            "1:1-1:7 FROM [a]1:6-1:7\n"
            "2:1-7:10 RUN [x]2:5-2:6 [&&]5:3-5:5 [y]5:6-5:7 [\"a b\"]5:8-5:13 [USER]7:1-7:5 "
            "[b\\ c]7:6-7:10\n");
}

TEST(Dockerfile, AnotherEscapeCharacter) {
  EXPECT_EQ(shown("# escape = `\nFROM a\nRUN dir c:\\ `\n  d\n"),
            "2:1-2:7 FROM [a]2:6-2:7\n3:1-4:4 RUN [dir]3:5-3:8 [c:\\]3:9-3:12 [d]4:3-4:4\n");
  // Behind a comment it is no directive any more.
  EXPECT_EQ(shown("# x\n# escape=`\nFROM a `\n"), "3:1-3:9 FROM [a]3:6-3:7 [`]3:8-3:9\n");
}

TEST(Dockerfile, HereDocuments) {
  EXPECT_EQ(
      shown("FROM a\nRUN <<-EOF cat <<'B'\n\techo USER root\n\tEOF\nx\nB\nCOPY <<f /f\nUSER\nf\n"
            "RUN a<<b\n"),
      "1:1-1:7 FROM [a]1:6-1:7\n"
      "2:1-2:21 RUN [<<-EOF]2:5-2:11 [cat]2:12-2:15 [<<'B']2:16-2:21 <\techo USER root\nx\n>\n"
      "7:1-7:12 COPY [<<f]7:6-7:9 [/f]7:10-7:12 <USER\n>\n"
      "10:1-10:9 RUN [a<<b]10:5-10:9\n");
}

TEST(Dockerfile, WhatIsRefused) {
  EXPECT_EQ(shown("USER a\nFROM\nFRM b\nFROM c\nRUN <<E\nUSER d\n"),
            "1:1-1:7 USER [a]1:6-1:7\n4:1-4:7 FROM [c]4:6-4:7\n5:1-5:8 RUN [<<E]5:5-5:8\n"
            "error no-from 1:1-1:5 only ARG may stand before the first FROM (ignored)\n"
            "error missing-arguments 2:1-2:5 FROM needs an argument (ignored)\n"
            "error unknown-instruction 3:1-3:4 this is no instruction (ignored)\n"
            "error unterminated-heredoc 5:5-5:8 no line is 'E' (refused)\n");
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("FROM a\\"), "1:1-1:7 FROM [a]1:6-1:7\n");
}

}  // namespace
}  // namespace drydock::parsers::dockerfile
