#include "parsers/csh.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/oracle.h"
#include "tests/parsers/render.h"

namespace drydock::parsers::csh {
namespace {

std::string shown(std::string_view text) {
  std::string out;
  for (const Setting& s : parse(text))
    out += test::place(s.span) + " " + s.name + "=[" + s.value + "]" + test::place(s.value_span) +
           (s.is_readonly ? " readonly" : "") + (s.is_conditional ? " conditional" : "") + "\n";
  return out;
}

TEST(Csh, SetInItsSpellings) {
  EXPECT_EQ(shown("set autologout=15\nset -r a = 'b c' # x\nset x=1#y =2\nset y= z\n"),
            "1:1-1:18 autologout=[15]1:16-1:18\n"
            "2:1-2:17 a=[b c]2:12-2:17 readonly\n"
            "3:1-3:8 x=[1]3:7-3:8\n4:1-4:9 y=[]4:7-4:7\n4:1-4:9 z=[]4:9-4:9\n");
  EXPECT_EQ(shown("umask 027; unset a b\n"),
            "1:1-1:10 umask=[027]1:7-1:10\n1:12-1:21 a=[]1:18-1:19\n1:12-1:21 b=[]1:20-1:21\n");
}

// Nothing is behind it that would go on.
TEST(Csh, ABackslashMayBeTheLastByte) {
  EXPECT_EQ(shown("set a=1 \\"), "1:1-1:10 a=[1]1:7-1:8\n1:1-1:10 \\=[]1:10-1:10\n");
  EXPECT_EQ(shown("\\"), "");
}

TEST(Csh, WhatIsConditional) {
  EXPECT_EQ(shown("if ($?prompt) then\n set a=1\nelse\n set a=2\nendif\nset b=1\n"
                  "if (-e /x && ! $y) set c=1\nforeach i (1 2)\nset d=1\nend\nset e=1\n"),
            "2:2-2:9 a=[1]2:8-2:9 conditional\n4:2-4:9 a=[2]4:8-4:9 conditional\n"
            "6:1-6:8 b=[1]6:7-6:8\n7:20-7:27 c=[1]7:26-7:27 conditional\n"
            "9:1-9:8 d=[1]9:7-9:8 conditional\n11:1-11:8 e=[1]11:7-11:8\n");
  EXPECT_EQ(shown("# set a=1\necho set b=1\nset \\\n c=1\n'set' d=1\n"),
            "3:1-4:5 c=[1]4:4-4:5\n5:1-5:10 d=[1]5:9-5:10\n");
}

// tcsh itself: what it holds after the same lines.
TEST(Csh, ValuesAreThoseOfTcsh) {
  const test::ScratchDirectory scratch;
  const char* const set = std::getenv("DRYDOCK_TCSH");
  const std::string tcsh = set ? set : "tcsh";
  const auto said = test::ask(tcsh + " -f -c 'echo works' 2>/dev/null");
  if (said != "works\n") GTEST_SKIP() << "tcsh is not installed";
  std::mt19937 random(1);
  const auto pick = [&](std::initializer_list<const char*> of) {
    return std::string(of.begin()[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random)]);
  };
  std::string script, wanted;
  for (int i = 0; i < 200; ++i) {
    const std::string line = pick({"", " ", "if (1) ", "if ( 1 && 1 ) "}) + "set" +
                             pick({" ", "  ", " \\\n "}) +
                             pick({"v=1", "v = 2", "v= t", "v='a b'", "v = \"c;d\"", "v=a\\ b",
                                   "v=x#y", "u=1 v=6", "v", "v=7 u"}) +
                             pick({"", " ", " # set v=8", ";", " ; set w=1"}) + "\n";
    script += "unset v\n" + line + "echo \"[$v]\"\n";
    std::string value;
    for (const Setting& s : parse(line))
      if (s.name == "v") value = s.value;
    wanted += "[" + value + "]\n";
  }
  const std::string path = scratch.write("x.csh", script);
  EXPECT_EQ(test::ask(tcsh + " -f " + path), wanted);
}

}  // namespace
}  // namespace drydock::parsers::csh
