#include <gtest/gtest.h>

#include "parsers/ssh_config.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kSet =
    "SELECT context, keyword, value, loc FROM ssh_client WHERE source = 'set' ORDER BY context, "
    "keyword, value";

constexpr const char* kRefused =
    "SELECT code, loc FROM parse_issue WHERE table_name = 'ssh_client_user' AND effect = 'unknown' "
    "ORDER BY code, loc";

std::shared_ptr<MemoryTree> host(std::string main) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/ssh/ssh_config", std::move(main));
  return tree;
}

TEST(SshClientFacts, TheFirstValueWinsAlsoFromAnIncludedFile) {
  auto tree = host(
      "Include /etc/ssh/ssh_config.d/*.conf\nHost *\n  HashKnownHosts yes\n"
      "RekeyLimit 2G 1h\n");
  tree->file("etc/ssh/ssh_config.d/50-site.conf", "RekeyLimit 512M\nHost web\nForwardAgent yes\n")
      .file("etc/ssh/ssh_config.d/60-late.conf", "HashKnownHosts no\n")
      .file("etc/ssh/ssh_config.d/readme", "Port 1\n");
  EXPECT_EQ(test::facts(tree, kSet),
            " | hashknownhosts | no | etc/ssh/ssh_config.d/60-late.conf:1:1\n"
            " | rekeylimit | 536870912 3600 | etc/ssh/ssh_config.d/50-site.conf:1:1\n"
            "Host web | forwardagent | yes | etc/ssh/ssh_config.d/50-site.conf:3:1\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT key, winner, loser, value FROM override WHERE table_name = "
                  "'ssh_client' ORDER BY key"),
      "hashknownhosts | etc/ssh/ssh_config.d/60-late.conf:1:1 | etc/ssh/ssh_config:3:3 | yes\n"
      "rekeylimit | etc/ssh/ssh_config.d/50-site.conf:1:1 | etc/ssh/ssh_config:4:1 | 2G 1h\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT ordinal, path, keyword, context FROM ssh_client_line WHERE "
                        "keyword = 'forwardagent'"),
            "3 | etc/ssh/ssh_config.d/50-site.conf | forwardagent | Host web\n");
}

TEST(SshClientFacts, ABlockCountsWhereNothingBeforeItSpeaksForAll) {
  EXPECT_EQ(test::facts(host("ForwardX11 no\nHost a\nForwardX11 yes\nForwardAgent yes\n"
                             "ForwardAgent no\nHost *\nForwardAgent no\nMatch user ci\n"
                             "ForwardAgent yes\n"),
                        kSet),
            " | forwardagent | no | etc/ssh/ssh_config:7:1\n"
            " | forwardx11 | no | etc/ssh/ssh_config:1:1\n"
            "Host a | forwardagent | yes | etc/ssh/ssh_config:4:1\n");
}

TEST(SshClientFacts, MatchFinalIsReadBehindTheRest) {
  EXPECT_EQ(test::facts(host("Match final all\nCompression yes\nBatchMode yes\nHost *\n"
                             "Compression no\n"),
                        kSet),
            " | batchmode | yes | etc/ssh/ssh_config:3:1\n"
            " | compression | no | etc/ssh/ssh_config:5:1\n");
  EXPECT_EQ(test::facts(host("Match canonical\nBatchMode yes\n"), kSet), "");
}

TEST(SshClientFacts, DefaultsAreThoseOfTheRelease) {
  constexpr std::string_view kDefaults =
      "SELECT keyword, value FROM ssh_client WHERE source = 'default' AND keyword IN "
      "('stricthostkeychecking', 'rekeylimit', 'ciphers') ORDER BY keyword";
  auto tree = host("");
  EXPECT_EQ(test::facts(tree, kDefaults),
            "ciphers | chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@"
            "openssh.com,aes256-gcm@openssh.com\n"
            "rekeylimit | 0 0\nstricthostkeychecking | ask\n");
  tree->file("var/lib/dpkg/status",
             "Package: openssh-client\nStatus: install ok installed\nVersion: 1:10.0p1-7\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT value LIKE '%aes256-gcm@openssh.com,aes128-ctr%' FROM ssh_client "
                        "WHERE keyword = 'ciphers'"),
            "1\n");
}

TEST(SshClientFacts, AUsersOwnFileCountsForThatUser) {
  auto tree = host("StrictHostKeyChecking ask\n");
  tree->file("etc/passwd",
             "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/sh\n"
             "www:x:33:33::/var/www:/usr/sbin/nologin\n")
      .file("root/.ssh/config", "Include ~/.ssh/hosts conf.d/*\nStrictHostKeyChecking no\n")
      .file("root/.ssh/hosts", "Host web\nForwardAgent yes\n")
      .file("root/.ssh/conf.d/x", "StrictHostKeyChecking accept-new\n")
      .file("home/ann/.ssh/config", "Nonsense 1\nHost *\n StrictHostKeyChecking off\n")
      .file("var/www/.ssh/config", "StrictHostKeyChecking no\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT user, context, keyword, value, loc FROM ssh_client_user WHERE "
                        "keyword <> 'include' ORDER BY user, context"),
            "ann |  | stricthostkeychecking | false | home/ann/.ssh/config:3:2\n"
            "root |  | stricthostkeychecking | accept-new | root/.ssh/conf.d/x:1:1\n"
            "root | Host web | forwardagent | yes | root/.ssh/hosts:2:1\n");
  EXPECT_EQ(test::facts(tree, kSet), " | stricthostkeychecking | ask | etc/ssh/ssh_config:1:1\n");
}

TEST(SshClientFacts, UsersWhoShareAHomeHaveItsFileReadOnce) {
  auto tree = host("");
  tree->file("etc/passwd",
             "root:x:0:0::/root:/bin/bash\nann:x:1:1::/root/.:/bin/sh\nbob:x:2:2::/r:/bin/sh\n")
      .symlink("r", "root")
      .file("root/.ssh/config", "Include x x\nNonsense 1\n")
      .file("root/.ssh/x", "Port 22 23\nStrictHostKeyChecking no\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT user, value, loc FROM ssh_client_user WHERE keyword = "
                        "'stricthostkeychecking' ORDER BY user"),
            "ann | false | root/.ssh/x:2:1\nbob | false | root/.ssh/x:2:1\n"
            "root | false | root/.ssh/x:2:1\n");
  EXPECT_EQ(test::facts(tree, kRefused),
            "extra-argument | root/.ssh/x:1:9\nunknown-keyword | root/.ssh/config:2:1\n");
}

// 64 MiB and 10,000 patterns and files, however few bytes name them in each home.
TEST(SshClientFacts, AllUsersHaveOneBudget) {
  std::string passwd;
  auto tree = host("");
  for (int i = 100; i < 120; ++i) {
    const std::string home = "home/u" + std::to_string(i);
    passwd += "u" + std::to_string(i) + ":x:1:1::/" + home + ":/bin/sh\n";
    tree->file(home + "/.ssh/config", "Include ../../small/*\nInclude /big\nUser a\n");
  }
  tree->file("etc/passwd", passwd).file("big", "#" + std::string(size_t{15} << 20, '#'));
  EXPECT_EQ(test::facts(tree, kRefused), "too-much-text | big:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT count(DISTINCT user) FROM ssh_client_user"), "4\n");

  tree->file("big", "");
  for (int i = 0; i < 600; ++i) tree->file("home/small/" + std::to_string(i), "");
  EXPECT_EQ(test::facts(tree, kRefused), "too-many-includes | home/u116/.ssh/config:1:9\n");
  for (int i = 0; i < 600; ++i) tree->file("home/small/z" + std::to_string(i), "");
  // Of 1,200 files that one pattern stands for, 200 are left out: nine users, and the tenth has no more.
  EXPECT_EQ(test::facts(tree,
                        "SELECT count(*) FROM parse_issue WHERE table_name = 'ssh_client_user' AND "
                        "code = 'too-many-includes'"),
            "10\n");
}

TEST(SshClientFacts, UsersWhoAreLeftOutAreNotCalledClean) {
  std::string passwd;
  for (int i = 0; i < 2001; ++i) passwd += "u" + std::to_string(i) + ":x:1:1::/root:/bin/sh\n";
  auto tree = host("");
  tree->file("etc/passwd", passwd).file("root/.ssh/config", "User a\n");
  EXPECT_EQ(test::facts(tree, kRefused), "too-many-users | root/.ssh/config:1:1\n");
  std::string lines;
  for (int i = 0; i < 150; ++i) lines += "ConnectTimeout none\n";  // no row
  tree->file("root/.ssh/config", lines);
  EXPECT_EQ(test::facts(tree, kRefused), "too-many-lines | root/.ssh/config:1:1\n");
}

TEST(SshClientFacts, AFileByItselfHasNoDefaults) {
  EXPECT_EQ(test::facts(host("StrictHostKeyChecking off\nFoo 1\n"),
                        "SELECT keyword, value, loc FROM ssh_client", Scope::fragment),
            "stricthostkeychecking | false | etc/ssh/ssh_config:1:1\n");
}

// A block's header is held once, whatever it says and however many lines are under it, and no more is read than
// 200,000 lines and blocks: at most 400 bytes of it are shown.
TEST(SshClientFacts, ManyLinesUnderALongHeader) {
  std::string text = "Host " + std::string(50'000, 'g') + "\n";
  for (int i = 0; i < 3'000; ++i) text += "SendEnv A\n";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/ssh/ssh_config", "Host " + std::string(50'000, 'h') + "\nInclude more\n");
  tree->file("etc/ssh/more", text);
  EXPECT_EQ(test::facts(tree,
                        "SELECT count(*), max(length(context)), min(context LIKE 'Host hhh%...') "
                        "FROM ssh_client_line WHERE keyword = 'sendenv'"),
            "3000 | 398 | 1\n");
}

TEST(SshClientFacts, LinesAndBlocksAreCountedTogether) {
  const auto read = [](int lines, int blocks, size_t most) {
    std::string text;
    for (int i = 0; i < lines; ++i) text += "Port 1\n";
    for (int i = 0; i < blocks; ++i) text += "Host a\n";
    const auto file = parsers::ssh_config::parse(text, {}, most);
    return std::to_string(file.lines.size()) + " " + std::to_string(file.blocks.size());
  };
  EXPECT_EQ(read(5, 5, 7), "5 2");
  EXPECT_EQ(read(9, 5, 7), "7 0");
  EXPECT_EQ(read(2, 2, 7), "2 2");
}

}  // namespace
}  // namespace drydock
