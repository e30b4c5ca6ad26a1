#include "parsers/env_file.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::env_file {
namespace {

std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Assignment& a : file.assignments)
    out += test::place(a.span) + " " + a.name + " = [" + a.value + "] at " +
           test::place(a.value_span) + "\n";
  return out + test::errors(file.errors);
}

TEST(EnvFileParser, ReadsAssignmentsWithTheirPlaces) {
  EXPECT_EQ(parsed("# comment\n; too\n\n  A = x y \t\nB=\nC='a b'\"c\"  d \n"),
            "4:3-4:10 A = [x y] at 4:7-4:10\n"
            "5:1-5:3 B = [] at 5:3-5:3\n"
            "6:1-6:14 C = [a bcd] at 6:3-6:14\n");
}

// systemd.exec(5): "C escapes are not supported", backslash followed by other characters in double
// quotes is kept, and only single quotes keep everything.
TEST(EnvFileParser, QuotesAndBackslashes) {
  EXPECT_EQ(parsed(R"(A="a\"b\\c\$d\`e\nf")"), "1:1-1:21 A = [a\"b\\c$d`e\\nf] at 1:3-1:21\n");
  EXPECT_EQ(parsed(R"(A='a\"b')"), "1:1-1:9 A = [a\\\"b] at 1:3-1:9\n");
  EXPECT_EQ(parsed(R"(A=a\"b\ )"), "1:1-1:9 A = [a\"b ] at 1:3-1:9\n");
  EXPECT_EQ(parsed("A=it's\n"), "1:1-1:7 A = [it's] at 1:3-1:7\n");
}

TEST(EnvFileParser, ValuesGoOnOverLines) {
  EXPECT_EQ(parsed("A=a \\\n  b\nB=\"x\\\ny\nz\"\nC=c\n"),
            "1:1-2:4 A = [a   b] at 1:3-2:4\n"
            "3:1-5:3 B = [xy\nz] at 3:3-5:3\n"
            "6:1-6:4 C = [c] at 6:3-6:4\n");
}

TEST(EnvFileParser, PartsOfAValueHaveAPlace) {
  const File file = parse("OPTS=\"--a \\\n  --icc=false\" 'x'\n");
  const Assignment& a = file.assignments.at(0);
  EXPECT_EQ(a.value, "--a   --icc=falsex");
  EXPECT_EQ(test::place(place(a, 0, 3)), "1:7-1:10");
  EXPECT_EQ(test::place(place(a, 6, 17)), "2:3-2:14");
  EXPECT_EQ(test::place(place(a, 12, 17)), "2:9-2:14");
  EXPECT_EQ(test::place(place(a, 17, 18)), "2:17-2:18");
}

TEST(EnvFileParser, MistakesCostOneErrorAndTheRestIsRead) {
  EXPECT_EQ(parsed("export A=b\nnothing\n1A=x\nB=c\nC='open\nD=e\n"),
            "4:1-4:4 B = [c] at 4:3-4:4\n"
            "5:1-7:1 C = [open\nD=e\n] at 5:3-7:1\n"
            "error invalid-name 1:1-1:9 an environment variable has no such name (ignored)\n"
            "error missing-equals 2:1-2:8 expected '=' after the name (ignored)\n"
            "error invalid-name 3:1-3:3 an environment variable has no such name (ignored)\n"
            "error unterminated-quote 5:3-5:4 the file ends inside these quotes (ignored)\n");
}

TEST(EnvFileParser, SystemdRefusesNulAndWhatIsNotUtf8) {
  EXPECT_EQ(parsed(std::string("A=b\nB=\xFF\nC=\0x", 13)),
            "1:1-1:4 A = [b] at 1:3-1:4\n"
            "3:1-3:3 C = [] at 3:3-3:3\n"
            "error nul-byte 3:3-3:4 a NUL byte (refused)\n"
            "error invalid-utf8 2:1-2:4 bytes that are not UTF-8 (refused)\n");
}

TEST(EnvFileParser, ACommentDoesNotSwallowTheNextLine) {
  EXPECT_EQ(parsed("# a \\\nA=b\n"), "2:1-2:4 A = [b] at 2:3-2:4\n");
}

}  // namespace
}  // namespace drydock::parsers::env_file
