// What sshd does by itself depends on its release and on how the distribution starts it.
#include "analyzer/facts/collect/sshd_release.h"

#include "analyzer/facts/collect/sshd_algorithm.h"

#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

std::shared_ptr<MemoryTree> host(std::string config) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/ssh/sshd_config", std::move(config));
  return tree;
}

std::string value(const std::shared_ptr<MemoryTree>& tree, const std::string& keyword) {
  return test::facts(
      tree, "SELECT value, loc FROM sshd WHERE context = '' AND keyword = '" + keyword + "'");
}

TEST(SshdRelease, IsThatOfThePackage) {
  std::string shown;
  for (const char* version : {"1:9.2p1-2+deb12u7", "7.4p1-23.el7_9", "8.7p1-43.el9", "9.7_p1-r4",
                              "1:10.0p1-7", "1:8.9p1-3ubuntu0.13", "", "x", "9"}) {
    const facts::SshdRelease release = facts::sshd_release(std::string_view(version));
    shown += std::to_string(release.number) + (release.is_red_hat_7 ? " el7\n" : "\n");
  }
  EXPECT_EQ(shown, "902\n704 el7\n807\n907\n1000\n809\n902\n902\n902\n");
}

// openssh.com/releasenotes.html: what became or ceased to be a default.
TEST(SshdRelease, DefaultsFollowTheReleaseNotes) {
  const auto has = [](int number, std::string_view keyword, std::string_view part) {
    for (const facts::SshdDefault& known : facts::sshd_defaults({number, false}))
      if (known.keyword == keyword)
        return ("," + std::string(known.value) + ",").find("," + std::string(part) + ",") !=
               std::string::npos;
    return false;
  };
  struct Since {
    int number;
    std::string_view keyword, part;
    bool is_there;
  };
  for (const Since& c : {Since{802, "kexalgorithms", "diffie-hellman-group14-sha1", false},
                         {900, "kexalgorithms", "sntrup761x25519-sha512@openssh.com", true},
                         {909, "kexalgorithms", "mlkem768x25519-sha256", true},
                         {1000, "kexalgorithms", "diffie-hellman-group14-sha256", false},
                         {808, "hostkeyalgorithms", "ssh-rsa", false},
                         {808, "pubkeyacceptedalgorithms", "ssh-rsa", false},
                         {802, "hostbasedacceptedalgorithms", "sk-ssh-ed25519@openssh.com", true},
                         {708, "hostkeyalgorithms", "rsa-sha2-512-cert-v01@openssh.com", true},
                         {802, "casignaturealgorithms", "ssh-rsa", false},
                         {607, "ciphers", "arcfour", false},
                         {607, "macs", "hmac-md5", false},
                         {607, "kexalgorithms", "diffie-hellman-group1-sha1", false},
                         {607, "streamlocalbindunlink", "no", true},
                         {608, "usedns", "no", true},
                         {608, "usedns", "yes", false},
                         {608, "fingerprinthash", "SHA256", true},
                         {609, "authorizedprincipalscommand", "none", true},
                         {700, "permitrootlogin", "yes", false},
                         {700, "permitrootlogin", "without-password", true},
                         {703, "kexalgorithms", "diffie-hellman-group16-sha512", true},
                         {704, "kexalgorithms", "curve25519-sha256", true},
                         {704, "compression", "delayed", false},
                         {704, "disableforwarding", "no", true},
                         {908, "pamservicename", "sshd", true},
                         {908, "persourcepenaltyexemptlist", "none", true},
                         {909, "refuseconnection", "no", true},
                         {901, "requiredrsasize", "1024", true},
                         {805, "persourcemaxstartups", "none", true}}) {
    EXPECT_EQ(has(c.number, c.keyword, c.part), c.is_there) << c.number << c.part;
    EXPECT_EQ(has(c.number - 1, c.keyword, c.part), !c.is_there) << c.number - 1 << c.part;
  }
  // PerSourcePenalties: 9.8 does it without being told, 9.9 has one class more.
  const auto penalties = [](int number) {
    for (const facts::SshdDefault& known : facts::sshd_defaults({number, false}))
      if (known.keyword == "persourcepenalties") return std::string(known.value);
    return std::string();
  };
  EXPECT_EQ(penalties(907), "");
  EXPECT_TRUE(penalties(908).starts_with("crash:90 authfail:5 noauth:1 grace-exceeded:10 max:600"));
  EXPECT_NE(penalties(1000).find("refuseconnection:10"), std::string::npos);
  // The first cipher of 6.9.
  for (const facts::SshdDefault& known : facts::sshd_defaults({608, false}))
    if (known.keyword == "ciphers") {
      EXPECT_TRUE(known.value.starts_with("aes128-ctr"));
    }
  // A change of a list starts from the list of that release.
  EXPECT_EQ(facts::sshd_algorithms("kexalgorithms", "-*sha2*,curve*,ecdh*", {801, false}),
            "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
            "diffie-hellman-group14-sha1");
}

TEST(SshdRelease, ThePackageDatabaseTellsIt) {
  auto tree = host("MACs -*\n");
  EXPECT_EQ(value(tree, "permitrootlogin"), "without-password | -\n");
  tree->file("var/lib/dpkg/status",
             "Package: openssh-server\nStatus: install ok installed\nArchitecture: amd64\n"
             "Version: 1:7.9p1-10+deb10u4\n");
  EXPECT_NE(value(tree, "kexalgorithms").find("group14-sha1"), std::string::npos);
  EXPECT_EQ(value(tree, "requiredrsasize"), "");
}

// RHEL 8: sshd.service puts the back end of crypto-policies on the command line, before the file.
TEST(SshdCommand, BeatsTheFile) {
  auto tree = host("Ciphers aes128-cbc\nPort 22\nMaxAuthTries 9\n");
  tree->file("usr/lib/systemd/system/sshd.service",
             "[Service]\nEnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config\n"
             "EnvironmentFile=-/etc/sysconfig/sshd\n"
             "ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY\n")
      .symlink("etc/crypto-policies/back-ends/opensshserver.config",
               "/usr/share/crypto-policies/DEFAULT/opensshserver.txt")
      .file("usr/share/crypto-policies/DEFAULT/opensshserver.txt",
            "CRYPTO_POLICY='-oCiphers=aes256-gcm@openssh.com -oMACs=hmac-sha2-256'\n")
      .file("etc/sysconfig/sshd", "# CRYPTO_POLICY=\nOPTIONS=\"-p 2022\"\n");
  EXPECT_EQ(value(tree, "ciphers"),
            "aes256-gcm@openssh.com | usr/share/crypto-policies/DEFAULT/opensshserver.txt:1:16\n");
  EXPECT_EQ(value(tree, "port"), "2022 | etc/sysconfig/sshd:2:13\n");
  EXPECT_EQ(value(tree, "maxauthtries"), "9 | etc/ssh/sshd_config:3:1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, winner, loser, reason FROM override WHERE table_name = "
                        "'sshd'"),
            "ciphers | usr/share/crypto-policies/DEFAULT/opensshserver.txt:1:16 | "
            "etc/ssh/sshd_config:1:1 | the first value wins\n");
  // Who takes the policy away.
  tree->file("etc/sysconfig/sshd", "CRYPTO_POLICY=\n");
  EXPECT_EQ(value(tree, "ciphers"), "aes128-cbc | etc/ssh/sshd_config:1:1\n");
  // sshd refuses what it does not know there, too.
  tree->file("etc/sysconfig/sshd", "OPTIONS=\"-oNoSuch=1\"\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, code, effect FROM parse_issue WHERE table_name = 'sshd'"),
      "etc/sysconfig/sshd | unknown-keyword | unknown\n");
}

// RHEL 9: 50-redhat.conf includes the back end.
TEST(SshdCommand, AnIncludeLeadsToTheBackEnd) {
  auto tree = host("Include /etc/ssh/sshd_config.d/*.conf\n");
  tree->file("etc/ssh/sshd_config.d/50-redhat.conf",
             "Include /etc/crypto-policies/back-ends/opensshserver.config\nUsePAM yes\n")
      .symlink("etc/crypto-policies/back-ends/opensshserver.config",
               "/usr/share/crypto-policies/DEFAULT/opensshserver.txt")
      .file("usr/share/crypto-policies/DEFAULT/opensshserver.txt",
            "Ciphers aes256-gcm@openssh.com\nRequiredRSASize 2048\n");
  EXPECT_EQ(value(tree, "requiredrsasize"),
            "2048 | usr/share/crypto-policies/DEFAULT/opensshserver.txt:2:1\n");
}

// Another file altogether.
TEST(SshdCommand, NamesTheFile) {
  auto tree = host("PermitRootLogin no\n");
  tree->file("etc/systemd/system/ssh.service",
             "[Service]\nExecStart=/usr/sbin/sshd -D -f /etc/ssh/x\n")
      .file("etc/ssh/x", "PermitRootLogin yes\n");
  EXPECT_EQ(value(tree, "permitrootlogin"), "yes | etc/ssh/x:1:1\n");
}

}  // namespace
}  // namespace drydock
