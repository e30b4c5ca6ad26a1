#include "parsers/sshd_config.h"

#include <gtest/gtest.h>

#include "tests/parsers/render.h"

namespace drydock::parsers::sshd_config {
namespace {

// The whole visible outcome of a parse, a line a record.
std::string parsed(std::string_view text) {
  const File file = parse(text);
  std::string out;
  for (const Line& line : file.lines) {
    out += test::place(line.span) + " " + line.keyword;
    for (const Argument& argument : line.arguments) out += " [" + argument.text + "]";
    out += " at " + test::place(line.value_span);
    if (line.match > 0) out += " in " + file.matches[line.match - 1].header;
    out += "\n";
  }
  return out + test::errors(file.errors);
}

TEST(SshdConfigParser, ReadsKeywordsInAnyCaseWithTheirPlaces) {
  EXPECT_EQ(parsed("# c\n\n  PermitRootLogin no\nport=22\nListenAddress =  ::1 "
                   "\t\nCHALLENGERESPONSEAUTHENTICATION no # x\n"),
            "3:3-3:21 permitrootlogin [no] at 3:19-3:21\n"
            "4:1-4:8 port [22] at 4:6-4:8\n"
            "5:1-5:21 listenaddress [::1] at 5:18-5:21\n"
            "6:1-6:35 kbdinteractiveauthentication [no] at 6:33-6:35\n");
}

TEST(SshdConfigParser, QuotesAndEscapesHoldArgumentsTogether) {
  EXPECT_EQ(parsed("AllowUsers a \"b c\" 'd' e\\ f g\\\"h #i\n\"Banner\" \"/etc/issue net\"\n"),
            "1:1-1:33 allowusers [a] [b c] [d] [e f] [g\"h] at 1:12-1:33\n"
            "2:1-2:26 banner [/etc/issue net] at 2:10-2:26\n");
}

TEST(SshdConfigParser, MatchBlocksGoToTheNextMatch) {
  EXPECT_EQ(parsed("Match User ci,!bob Address 10.0.0.0/8\n PermitRootLogin yes\nMatch "
                   "all\nX11Forwarding no\n"),
            "2:2-2:21 permitrootlogin [yes] at 2:18-2:21 in User ci,!bob Address 10.0.0.0/8\n"
            "4:1-4:17 x11forwarding [no] at 4:15-4:17 in all\n");
  const File file = parse("Match User ci,!bob Address 10.0.0.0/8\n");
  ASSERT_EQ(file.matches.size(), 1u);
  EXPECT_EQ(file.matches[0].criteria[0].attribute, "user");
  EXPECT_EQ(file.matches[0].criteria[0].patterns, (std::vector<std::string>{"ci", "!bob"}));
  EXPECT_EQ(test::place(file.matches[0].criteria[1].span), "1:20-1:27");
}

// With each of these `sshd -t` of OpenSSH 9.2 refuses to start.
TEST(SshdConfigParser, WhatSshdRefusesIsAnErrorOfThatEffect) {
  EXPECT_EQ(parsed("PermitRotLogin no\nPort\nAllowUsers \"a\nUsePAM yes no\nX11Forwarding "
                   "maybe\nMaxAuthTries six\n"),
            "1:1-1:18 permitrotlogin [no] at 1:16-1:18\n"
            "4:1-4:14 usepam [yes] [no] at 4:8-4:14\n"
            "5:1-5:20 x11forwarding [maybe] at 5:15-5:20\n"
            "6:1-6:17 maxauthtries [six] at 6:14-6:17\n"
            "error unknown-keyword 1:1-1:15 a keyword that sshd does not know (refused)\n"
            "error missing-argument 2:1-2:5 no argument after the keyword (refused)\n"
            "error bad-quotes 3:12-3:14 a quote that is not closed (refused)\n"
            "error extra-argument 4:12-4:14 more arguments than the keyword takes (refused)\n"
            "error bad-value 5:15-5:20 a value that sshd does not take (refused)\n"
            "error bad-value 6:14-6:17 a value that sshd does not take (refused)\n");
  EXPECT_EQ(parsed("Match User\nMatch Colour red\nMatch all User x\nMatch User y\nUsePAM no\n"),
            "5:1-5:10 usepam [no] at 5:8-5:10 in User y\n"
            "error bad-match 1:7-1:11 a criterion without a pattern (refused)\n"
            "error bad-match 2:7-2:13 a criterion that sshd does not know (refused)\n"
            "error bad-match 2:14-2:17 a criterion that sshd does not know (refused)\n"
            "error bad-match 3:7-3:10 'all' beside other criteria (refused)\n"
            "error not-in-match 5:1-5:7 a keyword that may not stand in a Match block (refused)\n");
}

TEST(SshdConfigParser, DeprecatedKeywordsAreSkipped) {
  EXPECT_EQ(parsed("Protocol 2\n"),
            "error deprecated 1:1-1:9 sshd no longer knows this and skips the line (ignored)\n");
}

TEST(SshdConfigParser, MeaningsAreThoseSshdPrints) {
  const auto means = [](std::string_view key, std::string_view value) {
    const File file = parse(std::string(key) + " " + std::string(value));
    return file.lines.empty() ? "none" : meaning(*keyword(key), file.lines[0]).value_or("refused");
  };
  EXPECT_EQ(means("ClientAliveInterval", "1h30m"), "5400");
  EXPECT_EQ(means("LoginGraceTime", "2w"), "1209600");
  EXPECT_EQ(means("LoginGraceTime", "-1"), "refused");
  EXPECT_EQ(means("LoginGraceTime", "99999999999999999999"), "refused");
  EXPECT_EQ(means("PermitRootLogin", "Prohibit-Password"), "without-password");
  EXPECT_EQ(means("LogLevel", "quiet"), "SILENT");
  EXPECT_EQ(means("RekeyLimit", "1G 1h"), "1073741824 3600");
  EXPECT_EQ(means("MaxStartups", "10"), "10:30:10");
  EXPECT_EQ(means("PermitListen", "80"), "*:80");
  EXPECT_EQ(means("ForceCommand", "/bin/x  -a \"b\""), "/bin/x  -a \"b\"");
  EXPECT_EQ(means("PasswordAuthentication", "true"), "refused");
  EXPECT_EQ(means("AllowTcpForwarding", "ALL"), "yes");
}

}  // namespace
}  // namespace drydock::parsers::sshd_config
