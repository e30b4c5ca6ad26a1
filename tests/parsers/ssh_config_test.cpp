#include "parsers/ssh_config.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::ssh_config {
namespace {

// The whole visible outcome of a parse, a line a record.
std::string parsed(std::string_view text, std::string_view ignored = {}) {
  const File file = parse(text, ignored);
  std::string out;
  for (const Line& line : file.lines) {
    const Keyword* known = keyword(line.keyword);
    out += test::place(line.span) + " " + line.keyword + " [" + line.written + "]";
    if (known) out += " = " + meaning(*known, line).value_or("refused");
    out += " at " + test::place(line.value_span);
    if (line.block > 0) {
      const Block& block = file.blocks[line.block - 1];
      out += " in " + block.header;
      if (block.always) out += " (always)";
      if (block.final_pass) out += " (second time)";
    }
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(SshConfigParser, ReadsKeywordsOfAnyCaseAndOldNames) {
  EXPECT_EQ(parsed("# c\n  HashKnownHosts yes\nPort=22\nStrictHostKeyChecking OFF # x\n"
                   "ChallengeResponseAuthentication no\n"),
            "2:3-2:21 hashknownhosts [yes] = yes at 2:18-2:21\n"
            "3:1-3:8 port [22] = 22 at 3:6-3:8\n"
            "4:1-4:26 stricthostkeychecking [OFF] = false at 4:23-4:26\n"
            "5:1-5:35 kbdinteractiveauthentication [no] = no at 5:33-5:35\n");
}

TEST(SshConfigParser, BlocksGoToTheNextHostOrMatch) {
  EXPECT_EQ(parsed("Host web* !web1 \"db 2\"\n User ci\nHost *\nUser x\nMatch all\nUser y\n"
                   "Match final host=*\nUser z\nMatch host a,b !user root\nUser u\n"
                   "Match exec \"test -f /x\"\nUser v\nMatch !final\nUser w\n"),
            "2:2-2:9 user [ci] = ci at 2:7-2:9 in Host web* !web1 \"db 2\"\n"
            "4:1-4:7 user [x] = x at 4:6-4:7 in Host * (always)\n"
            "6:1-6:7 user [y] = y at 6:6-6:7 in Match all (always)\n"
            "8:1-8:7 user [z] = z at 8:6-8:7 in Match final host=* (always) (second time)\n"
            "10:1-10:7 user [u] = u at 10:6-10:7 in Match host a,b !user root\n"
            "12:1-12:7 user [v] = v at 12:6-12:7 in Match exec \"test -f /x\"\n"
            "14:1-14:7 user [w] = w at 14:6-14:7 in Match !final (always)\n");
}

TEST(SshConfigParser, AmountsTimesAndCommands) {
  EXPECT_EQ(parsed("RekeyLimit 512M 1h\nRekeyLimit default none\nRekeyLimit 1.5k\n"
                   "ServerAliveInterval 1h30m\nProxyCommand nc \"%h\" %p # no comment\n"),
            "1:1-1:19 rekeylimit [512M 1h] = 536870912 3600 at 1:12-1:19\n"
            "2:1-2:24 rekeylimit [default none] = 0 0 at 2:12-2:24\n"
            "3:1-3:16 rekeylimit [1.5k] = 1536 0 at 3:12-3:16\n"
            "4:1-4:26 serveraliveinterval [1h30m] = 5400 at 4:21-4:26\n"
            "5:1-5:24 proxycommand [nc \"%h\" %p # no comment] = nc \"%h\" %p # no comment at "
            "5:14-5:24\n");
}

// With each of these `ssh -G` of OpenSSH 9.2 refuses to start.
TEST(SshConfigParser, WhatSshRefusesIsAnErrorOfThatEffect) {
  EXPECT_EQ(parsed("Usr ci\nPort\nUser \"a\nBatchMode yes no\nHashKnownHosts maybe\n"
                   "RekeyLimit 5\nHost \"\"\nMatch all user x\nMatch host\nMatch x\n"),
            "4:1-4:17 batchmode [yes no] = yes at 4:11-4:17\n"
            "5:1-5:21 hashknownhosts [maybe] = refused at 5:16-5:21\n"
            "6:1-6:13 rekeylimit [5] = refused at 6:12-6:13\n"
            "error unknown-keyword 1:1-1:4 a keyword that ssh does not know (refused)\n"
            "error missing-argument 2:1-2:5 no argument after the keyword (refused)\n"
            "error bad-quotes 3:6-3:8 a quote that is not closed (refused)\n"
            "error extra-argument 4:15-4:17 more arguments than the keyword takes (refused)\n"
            "error bad-value 5:16-5:21 a value that ssh does not take (refused)\n"
            "error bad-value 6:12-6:13 a value that ssh does not take (refused)\n"
            "error missing-argument 7:6-7:8 an empty pattern (refused)\n"
            "error bad-match 8:7-8:10 'all' beside other criteria (refused)\n"
            "error bad-match 9:7-9:11 a criterion without a pattern (refused)\n"
            "error bad-match 10:7-10:8 a criterion that ssh does not know (refused)\n");
}

TEST(SshConfigParser, IgnoreUnknownExcusesWhatFollows) {
  EXPECT_EQ(parsed("UseKeychain yes\nIgnoreUnknown !FooBad,usekey*,Foo?a?\nUseKeychain "
                   "yes\nFooBar 1\nFooBad 1\nProtocol 2\n",
                   ""),
            "2:1-2:37 ignoreunknown [!FooBad,usekey*,Foo?a?] = !FooBad,usekey*,Foo?a? at "
            "2:15-2:37\n"
            "error unknown-keyword 1:1-1:12 a keyword that ssh does not know (refused)\n"
            "error unknown-keyword 5:1-5:7 a keyword that ssh does not know (refused)\n"
            "error deprecated 6:1-6:9 ssh no longer knows this and skips the line (ignored)\n");
  EXPECT_EQ(parsed("Foo 1\n", "foo"), "");
}

// Each line of a block carries its header.
TEST(SshConfigParser, AHeaderDoesNotGrowWithTheFile) {
  const File file = parse("Host " + std::string(100'000, 'a') + "\nUser x\n");
  ASSERT_EQ(file.blocks.size(), 1u);
  EXPECT_EQ(file.blocks[0].header, "Host " + std::string(295, 'a') + "…");
}

TEST(SshConfigParser, PatternsMatchTheWhole) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*b?c*", "axxbbyc"));
  EXPECT_FALSE(matches("a?", "a"));
  EXPECT_FALSE(matches("ab", "abc"));
}

}  // namespace
}  // namespace drydock::parsers::ssh_config
