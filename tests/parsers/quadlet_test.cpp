#include "parsers/quadlet.h"

#include <gtest/gtest.h>

namespace drydock::parsers {
namespace {

std::string shown(std::string_view text) {
  const unit::File file = quadlet::parse(text);
  std::string out;
  for (const unit::Assignment& a : file.assignments)
    out += a.section + "/" + a.key + "=" + a.value + " @" + std::to_string(a.span.line) + ":" +
           std::to_string(a.span.column) + "\n";
  for (const SyntaxError& error : file.errors)
    out += std::string(error.code) + " @" + std::to_string(error.span.line) +
           (error.effect == Effect::refused ? " refused\n" : "\n");
  return out;
}

std::string words(const unit::Words& split) {
  std::string out;
  for (const unit::Word& word : split.words)
    out += "<" + word.text + ">" + std::to_string(word.begin) + "-" + std::to_string(word.end);
  return out + (split.error ? "!" + *split.error : "");
}

// What Podman's own generator makes of such files: QuadletDifferential asks it.
TEST(Quadlet, AFileIsGroupsOfAssignments) {
  EXPECT_EQ(shown("# c\n[Container]\n  Image = i \n;c\n[Install] \nWantedBy=a\n"),
            "Container/Image=i @3:3\nInstall/WantedBy=a @6:1\n");
  EXPECT_EQ(shown("[A]\nK=a\\\n  b \\\n# comment\n\n  c\n"), "A/K=ab c @2:1\n");
  EXPECT_EQ(shown("[A]\nK=a\\"), "A/K=a @2:1\n");
  EXPECT_EQ(shown("[A]\nK=a\\\n"), "A/K=a @2:1\n");
  EXPECT_EQ(shown("[A]\nK=a\\\n# lost\n"), "");
  EXPECT_EQ(shown("[A]\r\nK=\r\n"), "A/K= @2:1\n");
  EXPECT_EQ(shown(""), "");
}

TEST(Quadlet, OneMistakeRefusesTheFile) {
  EXPECT_EQ(shown("K=1\n[A]\nK=2\n"), "A/K=2 @3:1\noutside-group @1 refused\n");
  EXPECT_EQ(shown("[A]\nword\n=v\n[B] c\n[]\n[C[]\n"),
            "bad-line @2 refused\nbad-line @3 refused\nbad-line @4 refused\nbad-group @5 refused\n"
            "bad-group @6 refused\n");
  EXPECT_EQ(shown("[A]\nK=" + std::string(size_t{1} << 20, 'x') + "\nL=1\n"),
            "A/L=1 @3:1\nline-too-long @2 refused\n");
  std::string joined = "[A]\nK=x";
  for (int i = 0; i < 300; ++i) joined += std::string(4000, 'y') + "\\\n";
  EXPECT_EQ(quadlet::parse(joined).errors.list().front().code, "line-too-long");
}

// A line is never looked at beyond its end: else four MiB of them would take hours.
TEST(Quadlet, WhatIsReadOfALargeFileIsBounded) {
  EXPECT_EQ(shown(std::string(size_t{4} << 20, '\n') + "[A]\nK=1\n"), "A/K=1 @4194306:1\n");
  std::string joined = "[A]\n";
  for (int i = 0; i < 300'000; ++i) joined += "\\\n";
  const unit::File one = quadlet::parse(joined + "K=1\n");
  ASSERT_EQ(one.assignments.size(), 1u);
  EXPECT_EQ(one.assignments[0].key_span.line, 300'002u);
  EXPECT_LT(one.assignments[0].parts.size(), 3u);
  std::string many = "[A]\n";
  for (int i = 0; i < 200'005; ++i) many += "K=\n";
  const unit::File file = quadlet::parse(many);
  EXPECT_EQ(file.assignments.size(), 200'000u);
  ASSERT_EQ(file.errors.list().size(), 1u);
  EXPECT_EQ(file.errors.list()[0].code, "too-many");
  EXPECT_EQ(file.errors.list()[0].effect, Effect::refused);
}

TEST(Quadlet, Words) {
  EXPECT_EQ(words(quadlet::split_arguments(" --a \"b c\"d 'e' \\x41\\n\"")),
            "<--a>1-4<b cd>5-11<e>12-15<A\n>16-23");
  EXPECT_EQ(words(quadlet::split_arguments("a \"\" b")), "<a>0-1");
  EXPECT_EQ(words(quadlet::split_arguments("a \\q b")), "!an escape that C does not have");
  EXPECT_EQ(words(quadlet::split_arguments("a\\")), "<a>0-2");
  EXPECT_EQ(words(quadlet::split_arguments("\\xc3")), "<\xc3\x83>0-4");
  EXPECT_EQ(words(quadlet::split_list("a\\ b \"c\\\"d")), "<a\\>0-2<b>3-4<c\\d>5-10");
  EXPECT_EQ(words(quadlet::split_list("a \"b")), "!a quote that is not closed");
  EXPECT_EQ(words(quadlet::split_list(std::string_view("a\0b", 3))), "<a>0-1");
}

}  // namespace
}  // namespace drydock::parsers
