#include "parsers/access_conf.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/facts/libpam.h"
#include "tests/oracle.h"
#include "tests/parsers/render.h"

namespace drydock::parsers::access_conf {
namespace {

std::string shown(std::string_view text, std::string_view separators = ", \t") {
  const File file = parse(text, {.lists = std::string(separators)});
  std::string out;
  for (const Entry& e : file.entries)
    out += std::to_string(e.span.line) + (e.allows ? " + [" : " - [") + e.users + "] [" +
           e.origins + "]\n";
  for (const SyntaxError& error : file.errors)
    out += std::to_string(error.span.line) + ":" + std::to_string(error.span.column) + " " +
           std::string(error.code) + "\n";
  return out;
}

TEST(AccessConf, LinesAsThePageHasThem) {
  EXPECT_EQ(
      shown("# x\n\n+:root:crond :0 tty1\n+ : john,foo\t(x) : 2001:db8:0:101::/64 \n-:ALL:ALL\n"),
      "3 + [root] [crond :0 tty1]\n4 + [john foo (x)] [2001:db8:0:101::/64]\n5 - [ALL] [ALL]\n");
  EXPECT_EQ(shown("+:Domain Users,x:ALL\n", ","), "1 + [Domain\\040Users x] [ALL]\n");
}

TEST(AccessConf, WhatPamAccessSkips) {
  EXPECT_EQ(shown(" +:root:ALL\n+:root\n*:a:b\n -x\n+:a:b"),
            "1:1 bad-permission\n2:1 missing-field\n3:1 bad-permission\n4:1 missing-field\n"
            "5:1 no-newline\n");
}

TEST(AccessConf, WhoIsMatchedWithoutBeingNamed) {
  std::string out;
  for (const char* list :
       {"ALL", "all", "root", "ALL EXCEPT root", "root EXCEPT ALL", "ALL EXCEPT ALL",
        "ALL EXCEPT ALL EXCEPT root", "ALL EXCEPT ALL EXCEPT ALL", "a ALL EXCEPT b EXCEPT ALL", ""})
    out += matches_anybody(list) ? '1' : '0';
  EXPECT_EQ(out, "1101000110");
}

constexpr int kSuccess = 0, kDenied = 6;

TEST(AccessConf, StrangersAreJudgedAsByPamAccess) {
  const test::ScratchDirectory scratch;
  const test::Libpam pam;
  // The answer for user nobody from an address that no line names.
  const auto ask = [&] {
    const auto answers =
        pam.ask(scratch.path(), "test", "nobody", {test::Libpam::Call::account}, {}, "203.0.113.9");
    return answers ? answers->front() : -1;
  };
  scratch.write("test", "account required pam_access.so accessfile=" + scratch.path() + "/list\n");
  scratch.write("list", "-:ALL:ALL\n");
  if (!pam.is_there() || ask() != kDenied)
    GTEST_SKIP() << "pam_access is not installed (Debian package: libpam-modules)";
  std::mt19937 random(1);
  const auto pick = [&](std::initializer_list<const char*> of) {
    return std::string(of.begin()[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random)]);
  };
  int denied = 0;
  for (int i = 0; i < 400; ++i) {
    std::string list;
    for (int lines = 1 + i % 5; lines > 0; --lines) {
      const auto part = [&](bool users) {
        std::string out = users ? pick({"ALL", "all", "root", "root daemon", "ALL,root", "(root)"})
                                : pick({"ALL", "All", "10.0.0.0/8", "LOCAL", "192.0.2.1 ALL",
                                        "2001:db8::1", "198.51.100."});
        for (int excepts = 0; excepts < 3 && pick({"", "", "x"}) == "x"; ++excepts)
          out += pick({" EXCEPT ", " except ", "\tEXCEPT,"}) +
                 (users ? pick({"root", "ALL", "bin daemon"}) : pick({"10.1.1.1", "ALL", "LOCAL"}));
        return out;
      };
      list += pick({"+", "-", "-", "+x", " -", "#-", "*", ""}) + pick({":", " : ", "::"}) +
              part(true) + pick({":", " : ", ":", ""}) + part(false) +
              pick({"\n", "\n", " \n", "\t\r\n", ":\n"});
    }
    if (i % 7 == 0) list.pop_back();
    scratch.write("list", list);
    bool allows = true;
    for (const Entry& entry : parse(list).entries)
      if (matches_anybody(entry.users) && matches_anybody(entry.origins)) {
        allows = entry.allows;
        break;
      }
    const int answer = ask();
    ASSERT_EQ(answer == kSuccess, allows) << list << "\nlibpam says " << answer;
    denied += !allows;
  }
  EXPECT_GE(denied, 30);
}

}  // namespace
}  // namespace drydock::parsers::access_conf
