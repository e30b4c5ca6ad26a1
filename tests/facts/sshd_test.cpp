#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kSet =
    "SELECT context, keyword, value, loc FROM sshd WHERE source = 'set' ORDER BY context, keyword, "
    "value";
constexpr std::string_view kOverrides =
    "SELECT key, winner, loser, value, reason FROM override WHERE table_name = 'sshd' ORDER BY "
    "key, reason, value";

std::shared_ptr<MemoryTree> host(std::string main) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/ssh/sshd_config", std::move(main));
  return tree;
}

TEST(SshdFacts, TheFirstValueWinsAlsoFromAnIncludedFile) {
  auto tree =
      host("Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nPermitRootLogin yes\n");
  tree->file("etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin prohibit-password\n")
      .file("etc/ssh/sshd_config.d/60-late.conf", "PermitRootLogin forced-commands-only\n")
      .file("etc/ssh/sshd_config.d/readme", "Port 1\n");
  EXPECT_EQ(test::facts(tree, kSet),
            " | permitrootlogin | without-password | etc/ssh/sshd_config.d/50-cloud.conf:1:1\n");
  EXPECT_EQ(test::facts(tree, kOverrides),
            "permitrootlogin | etc/ssh/sshd_config.d/50-cloud.conf:1:1 | "
            "etc/ssh/sshd_config.d/60-late.conf:1:1 | forced-commands-only "
            "| the first value wins\n"
            "permitrootlogin | etc/ssh/sshd_config.d/50-cloud.conf:1:1 | etc/ssh/sshd_config:2:1 | "
            "no | the first "
            "value wins\n"
            "permitrootlogin | etc/ssh/sshd_config.d/50-cloud.conf:1:1 | etc/ssh/sshd_config:3:1 | "
            "yes | the first "
            "value wins\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, keyword, ordinal, is_read FROM sshd_line WHERE keyword <> "
                        "'permitrootlogin'"),
            "etc/ssh/sshd_config | include | 1 | 1\n"
            "etc/ssh/sshd_config.d/readme | port | - | 0\n");
}

TEST(SshdFacts, SomeKeywordsAddUp) {
  EXPECT_EQ(
      test::facts(host("Port 22\nPort 2222\nAllowUsers a b\nAllowUsers c\n"), kSet),
      " | allowusers | a b | etc/ssh/sshd_config:3:1\n | allowusers | c | etc/ssh/sshd_config:4:1\n"
      " | port | 22 | etc/ssh/sshd_config:1:1\n | port | 2222 | etc/ssh/sshd_config:2:1\n");
}

TEST(SshdFacts, AMatchBlockIsAContextThatEndsWithItsFile) {
  auto tree =
      host("Include a.conf\nMatch User ci\nInclude /etc/ssh/b.conf\nPasswordAuthentication yes\n");
  tree->file("etc/ssh/a.conf", "Match Group x\nX11Forwarding yes\n")
      .file("etc/ssh/b.conf", "PasswordAuthentication no\nMatch Address 10.*\nMaxSessions 1\n");
  EXPECT_EQ(test::facts(tree, kSet),
            "Group x | x11forwarding | yes | etc/ssh/a.conf:2:1\n"
            "User ci | passwordauthentication | no | etc/ssh/b.conf:1:1\n"
            "User ci and Address 10.* | maxsessions | 1 | etc/ssh/b.conf:3:1\n");
}

// Seen with sshd -T: what follows "Match all" is global, and beats the global part at each connection.
TEST(SshdFacts, MatchAllBeatsTheGlobalPart) {
  auto tree = host(
      "PermitRootLogin no\nMatch all\nPermitRootLogin yes\nMatch User a\nPermitRootLogin no\n");
  EXPECT_EQ(test::facts(tree, kSet), " | permitrootlogin | yes | etc/ssh/sshd_config:3:1\n");
  EXPECT_EQ(test::facts(tree, kOverrides),
            "permitrootlogin | etc/ssh/sshd_config:3:1 | etc/ssh/sshd_config:1:1 | no | a Match "
            "block that applies "
            "beats the global part\n"
            "permitrootlogin | etc/ssh/sshd_config:3:1 | etc/ssh/sshd_config:5:1 | no | the first "
            "value wins\n");
}

TEST(SshdFacts, SilenceIsTheDefaultOfSshdWithoutAPlace) {
  EXPECT_EQ(test::facts(host("\n"),
                        "SELECT value, source, loc FROM sshd WHERE keyword = 'permitrootlogin'"),
            "without-password | default | -\n");
  EXPECT_EQ(test::facts(std::make_shared<MemoryTree>(), "SELECT * FROM sshd"), "");
}

TEST(SshdFacts, ChangesToAlgorithmsAreAppliedToTheDefault) {
  EXPECT_EQ(
      test::facts(
          host("Ciphers -*ctr*,*gcm*\nMACs ^hmac-md5\n"),
          "SELECT substr(value, 1, 40), written FROM sshd WHERE source = 'set' ORDER BY keyword"),
      "chacha20-poly1305@openssh.com | -*ctr*,*gcm*\n"
      "hmac-md5,umac-64-etm@openssh.com,umac-12 | ^hmac-md5\n");
}

TEST(SshdFacts, IncludesThatNeverEndAreRefused) {
  EXPECT_EQ(test::facts(host("Include sshd_config sshd_config\nPort 22\n"),
                        "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'sshd'"),
            "include-depth | unknown | etc/ssh/sshd_config:1:9\n");
}

TEST(SshdFacts, PatternsThatMatchNothingAreCountedToo) {
  std::string text;
  for (int i = 0; i < 1'500; ++i) text += "Include nothing/*/" + std::to_string(i) + "\n";
  const auto tree = host(text);
  EXPECT_EQ(test::facts(tree, "SELECT count(*) FROM sshd_include"), "1000\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'sshd'"),
      "too-many-includes | unknown | etc/ssh/sshd_config:1001:9\n");
}

// Red Hat's crypto policies are links to /usr/share: of /etc alone they lead to nothing, which is no mistake.
TEST(SshdFacts, OfEtcAloneAnIncludeMayLieElsewhere) {
  auto tree = host(
      "Include /etc/crypto-policies/back-ends/opensshserver.config /usr/etc/ssh/*.conf none\n");
  tree->symlink("etc/crypto-policies/back-ends", "state/current/../now")
      .symlink("etc/crypto-policies/state/now/opensshserver.config",
               "/usr/share/crypto-policies/DEFAULT/opensshserver.txt");
  constexpr const char* kIssues =
      "SELECT code, effect, loc FROM parse_issue WHERE table_name = 'sshd'";
  constexpr const char* kIncludes = "SELECT pattern, files FROM sshd_include";
  EXPECT_EQ(test::facts(tree, kIssues, Scope::etc),
            "include-unknown | unknown | etc/ssh/sshd_config:1:9\n"
            "include-unknown | unknown | etc/ssh/sshd_config:1:61\n");
  EXPECT_EQ(test::facts(tree, kIncludes, Scope::etc), "none | 0\n");
  EXPECT_EQ(test::facts(tree, kIssues), "");
  EXPECT_EQ(test::facts(tree, kIncludes),
            "/etc/crypto-policies/back-ends/opensshserver.config | 0\n/usr/etc/ssh/*.conf | 0\n"
            "none | 0\n");
}

TEST(SshdFacts, ALongMatchIsHeldOnce) {
  std::string text = "Match User " + std::string(50'000, 'u') + "\n";
  for (int i = 0; i < 3'000; ++i) text += "AcceptEnv A\n";
  auto tree = host("Match Group " + std::string(50'000, 'g') + "\nInclude more\n");
  tree->file("etc/ssh/more", text);
  EXPECT_EQ(
      test::facts(
          tree, "SELECT count(*), max(length(context)) FROM sshd_line WHERE keyword = 'acceptenv'"),
      "3000 | 398\n");
}

TEST(SshdFacts, AFragmentHoldsOnlyWhatIsWritten) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("roles/ssh/sshd_config", "PermitRootLogin yes\n")
      .file("x/sshd_config.d/a.conf", "PermitRootLogin no\n");
  EXPECT_EQ(test::facts(tree, "SELECT keyword, value, source, loc FROM sshd ORDER BY value",
                        Scope::fragment),
            "permitrootlogin | no | set | x/sshd_config.d/a.conf:1:1\n"
            "permitrootlogin | yes | set | roles/ssh/sshd_config:1:1\n");
}

}  // namespace
}  // namespace drydock
