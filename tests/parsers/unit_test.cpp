#include "parsers/unit.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::unit {
namespace {

// The whole visible outcome of a parse, a line a record.
std::string parsed(std::string_view text, const std::vector<std::string_view>& sections = {}) {
  const File file = parse(text, sections);
  std::string out;
  for (const Assignment& a : file.assignments)
    out += test::place(a.span) + " [" + a.section + "] " + a.key + "=" + a.value + " at " +
           test::place(a.value_span) + "\n";
  return out + test::errors(file.errors);
}

// The words, each with the bytes of the value it comes from.
std::string words(std::string_view value) {
  const Words result = split_words(value);
  std::string out;
  for (const Word& word : result.words)
    out += std::to_string(word.begin) + "-" + std::to_string(word.end) + " [" + word.text + "]\n";
  return out + (result.error ? "error: " + *result.error + "\n" : "");
}

std::string commands(std::string_view value) {
  const Commands result = split_commands(value);
  std::string out;
  for (const Command& command : result.commands) {
    out += "<" + command.prefixes + ">";
    for (const Word& word : command.words) out += " [" + word.text + "]";
    out += "\n";
  }
  return out + (result.error ? "error: " + *result.error + "\n" : "");
}

TEST(UnitParser, ReadsSectionsAndAssignmentsWithTheirPlaces) {
  EXPECT_EQ(parsed("# comment\n; too\n[Unit]\nDescription = A  demo \n\n[Service]\n  "
                   "ExecStart=/bin/a b=c\n"),
            "4:1-4:22 [Unit] Description=A  demo at 4:15-4:22\n"
            "7:3-7:23 [Service] ExecStart=/bin/a b=c at 7:13-7:23\n");
  EXPECT_EQ(test::place(parse("[Unit]\n\n[Service]\nA=1\n").assignments[0].section_span),
            "3:1-3:10");
}

TEST(UnitParser, KeepsEveryRepeatedAndEmptyAssignment) {
  EXPECT_EQ(parsed("[Service]\nExecStart=\nExecStart=/a\nExecStart =  \n"),
            "2:1-2:11 [Service] ExecStart= at 2:11-2:11\n"
            "3:1-3:13 [Service] ExecStart=/a at 3:11-3:13\n"
            "4:1-4:12 [Service] ExecStart= at 4:12-4:12\n");
}

// systemd.syntax(7): "Lines ending in a backslash are concatenated with the following non-comment
// line while reading and the backslash is replaced by a space character."
TEST(UnitParser, JoinsContinuationsAndKeepsThePlaceOfEachPart) {
  const File file =
      parse("[Service]\nExecStart=/bin/a \\\n# skipped\n  --flag \\\n; too\n\tlast\nUser=x\n");
  ASSERT_EQ(file.assignments.size(), 2u);
  const Assignment& exec = file.assignments[0];
  EXPECT_EQ(exec.value, "/bin/a    --flag  \tlast");
  EXPECT_EQ(test::place(exec.span), "2:1-6:6");
  const Words split = split_words(exec.value);
  std::string places;
  for (const Word& word : split.words)
    places += word.text + " " + test::place(place(exec, word.begin, word.end)) + "\n";
  EXPECT_EQ(places, "/bin/a 2:11-2:17\n--flag 4:3-4:9\nlast 6:2-6:6\n");
  EXPECT_EQ(test::place(place(exec, 0, exec.value.size())), "2:11-6:6");
  EXPECT_EQ(file.assignments[1].key, "User");
}

TEST(UnitParser, ABackslashBeforeTheLastOneEscapesIt) {
  EXPECT_EQ(parsed("[A]\na=1\\\\\nb=2\\\n"),
            "2:1-2:6 [A] a=1\\\\ at 2:3-2:6\n"
            "3:1-3:4 [A] b=2 at 3:3-3:4\n");
}

TEST(UnitParser, AnEmptyLineEndsAContinuation) {
  EXPECT_EQ(parsed("[A]\na=1 \\\n\nb=2\n"),
            "2:1-2:4 [A] a=1 at 2:3-2:4\n4:1-4:4 [A] b=2 at 4:3-4:4\n");
}

TEST(UnitParser, SectionsTheTypeDoesNotHaveAreLeftOut) {
  EXPECT_EQ(parsed("[X-Mine]\na=1\n[Socket]\nb=2\n[Service]\nc=3\n", sections_of("service")),
            "6:1-6:4 [Service] c=3 at 6:3-6:4\n"
            "error unknown-section 3:1-3:9 a section that such a file does not have (ignored)\n");
}

TEST(UnitParser, AMalformedLineCostsOneErrorAndTheRestIsRead) {
  EXPECT_EQ(parsed("a=1\n[A]\nno\n=x\nb=2\n"),
            "5:1-5:4 [A] b=2 at 5:3-5:4\n"
            "error outside-section 1:1-1:4 expected a section header before this line (ignored)\n"
            "error missing-equals 3:1-3:3 expected '=' after the key (ignored)\n"
            "error empty-key 4:1-4:3 expected a key before '=' (ignored)\n");
}

// As `systemd-analyze verify` of systemd 252 says: "failed to load properly", bad message or
// argument.
TEST(UnitParser, ABadHeaderOrNoUtf8RefusesTheFile) {
  EXPECT_EQ(parsed("[A]\na=1\n[B] # x\nb=2\n"),
            "2:1-2:4 [A] a=1 at 2:3-2:4\n"
            "error bad-section 3:1-3:8 expected ']' at the end of the section header (refused)\n");
  EXPECT_EQ(parsed("[A\"B]\n"),
            "error bad-section 1:1-1:6 a section name with quotes, backslashes or control "
            "characters (refused)\n");
  EXPECT_EQ(parsed("[A]\na=\xff\nb=2\n"),
            "error invalid-utf8 2:1-2:4 the line is not UTF-8 (refused)\n");
  EXPECT_EQ(parsed("[A]\n# \xff\nb=2\n"), "3:1-3:4 [A] b=2 at 3:3-3:4\n");
}

TEST(UnitParser, CarriageReturnsAndZeroBytesEndLinesToo) {
  EXPECT_EQ(parsed(std::string("[A]\r\na=1\rb=2\n\rc=3\0d=4\n\0\0e=5", 28)),
            "2:1-2:4 [A] a=1 at 2:3-2:4\n"
            "2:5-2:8 [A] b=2 at 2:7-2:8\n"
            "3:2-3:5 [A] c=3 at 3:4-3:5\n"
            "3:6-3:9 [A] d=4 at 3:8-3:9\n"
            "4:3-4:6 [A] e=5 at 4:5-4:6\n");
}

TEST(UnitParser, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(parsed("\xef\xbb\xbf[A]\na=1"), "2:1-2:4 [A] a=1 at 2:3-2:4\n");
}

TEST(UnitParser, ALineOfAMebibyteRefusesTheFile) {
  EXPECT_EQ(parsed("[A]\na=" + std::string(size_t{1} << 20, 'x') + "\n"),
            "error line-too-long 2:1-2:2 a line longer than 1 MiB (refused)\n");
  std::string slices = "[A]\na=";
  for (int i = 0; i < 3000; ++i) slices += std::string(500, 'x') + "\\\n";
  EXPECT_EQ(parse(slices).errors.list().at(0).code, "line-too-long");
}

// A line is never looked at beyond its end: else four MiB of them would take hours.
TEST(UnitParser, EmptyLinesCostNoMoreThanTheirBytes) {
  EXPECT_EQ(parsed(std::string(size_t{4} << 20, '\n') + "[A]\na=1\n"),
            "4194306:1-4194306:4 [A] a=1 at 4194306:3-4194306:4\n");
}

// systemd.syntax(7) "Quoting", the escapes of its table.
TEST(UnitWords, QuotesAndEscapesAreTakenOff) {
  EXPECT_EQ(words("  /bin/a \"b c\" 'd \"e' f\\ g\n"),
            "2-8 [/bin/a]\n9-14 [b c]\n15-21 [d \"e]\n22-26 [f\\ g]\n");
  EXPECT_EQ(words(R"(a\sb \x41\102\u00e9\U0001f600 \t\\)"),
            "0-4 [a b]\n5-29 [AB\xc3\xa9\xf0\x9f\x98\x80]\n30-34 [\t\\]\n");
  EXPECT_EQ(words("a\"b c\"d"), "0-7 [ab cd]\n");
  EXPECT_EQ(words(R"(\z \x0g \000 \777)"), "0-2 [\\z]\n3-7 [\\x0g]\n8-12 [\\000]\n13-17 [\\777]\n");
  EXPECT_EQ(words("\"\""), "0-2 []\n");
}

TEST(UnitWords, UnbalancedQuotesAreAnError) {
  EXPECT_EQ(words("a \"b c"), "0-1 [a]\nerror: unbalanced quote\n");
  EXPECT_EQ(words("a\\"), "error: a backslash at the end\n");
}

// systemd.service(5) "Command lines"
TEST(UnitWords, CommandsHavePrefixesAndAreSeparatedBySemicolons) {
  EXPECT_EQ(commands("-/bin/a b ; @/bin/c argv0 d; \\; ;"),
            "<-> [/bin/a] [b]\n<@> [/bin/c] [argv0] [d;] [;]\n");
  EXPECT_EQ(commands("+!!/bin/a"), "<+!!> [/bin/a]\n");
  EXPECT_EQ(commands(""), "");
}

TEST(UnitWords, BooleansHaveManySpellings) {
  EXPECT_EQ(boolean("Yes"), true);
  EXPECT_EQ(boolean("OFF"), false);
  EXPECT_EQ(boolean("enable"), std::nullopt);
}

}  // namespace
}  // namespace drydock::parsers::unit
