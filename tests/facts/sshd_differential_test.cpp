// The same question to drydock and to sshd itself, on generated configurations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

class Generator {
 public:
  Generator(unsigned seed, std::string directory)
      : random_(seed), directory_(std::move(directory)) {}

  std::string file(int depth = 0) {
    std::string text;
    bool global = depth == 0;
    for (int i = 0; i < 9; ++i) {
      if (depth < 2 && chance(6)) {
        const std::string name =
            "d" + std::to_string(depth) + "/" + std::to_string(files.size()) + ".conf";
        files.emplace_back(name, "");
        const size_t at = files.size() - 1;
        files[at].second = file(depth + 1);
        text += "Include " + directory_ + "/" +
                (chance(3) ? "d" + std::to_string(depth) + "/*.conf" : name) + "\n";
      } else if (chance(9)) {
        text += pick({"Match User ci\n", "match Address 10.0.0.0/8,192.168.*\n", "Match all\n",
                      "Match \"User\" bob,!x\n"});
        global = false;
      } else {
        text += pick({"", "  ", "\t"}) + line(global) + pick({"\n", "  \n", " # why\n", "\r\n"});
      }
    }
    return text;
  }

  std::vector<std::pair<std::string, std::string>> files;

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }

  std::string line(bool global) {
    const std::string equals = pick({" ", "=", " = ", "\t"});
    if (global && chance(3))
      return pick({"Ciphers", "ciphers"}) + equals +
             pick({"aes256-ctr", "+aes128-cbc", "-aes*", "^aes128-cbc,3des-cbc"});
    if (global && chance(3))
      return pick({"Port 22", "Port=2222", "UseDNS yes", "usepam no", "StrictModes=no",
                   "LoginGraceTime 2m", "LoginGraceTime 1h5", "MACs -hmac-sha1*", "Protocol 2",
                   "PermitUserEnvironment yes", "Compression delayed", "SyslogFacility authpriv",
                   "MaxStartups 10:30:60", "PrintMotd no"});
    return pick({"PermitRootLogin", "permitrootlogin"}) + equals +
           pick({"no", "yes", "prohibit-password", "\"no\""}) + "\n" +
           pick({"PasswordAuthentication no",
                 "PasswordAuthentication=Yes",
                 "X11Forwarding yes",
                 "x11forwarding no",
                 "MaxAuthTries 3",
                 "MaxAuthTries 10",
                 "ClientAliveInterval 5m",
                 "ClientAliveInterval 30",
                 "LogLevel verbose",
                 "loglevel QUIET",
                 "AllowUsers a b",
                 "AllowUsers \"c\"",
                 "DenyGroups x",
                 "AcceptEnv LANG LC_*",
                 "AcceptEnv X",
                 "AllowTcpForwarding local",
                 "GatewayPorts clientspecified",
                 "IgnoreRhosts no",
                 "ChallengeResponseAuthentication no",
                 "Banner /etc/issue.net",
                 "AuthorizedKeysFile .a .b",
                 "PermitEmptyPasswords yes",
                 "HostbasedAuthentication yes"});
  }

  std::mt19937 random_;
  std::string directory_;
};

// One line a value, as sshd -T prints lists.
std::set<std::string> values(std::string_view keyword, std::string_view value) {
  std::set<std::string> out;
  const bool list = keyword == "allowusers" || keyword == "denygroups" || keyword == "acceptenv";
  std::istringstream words{std::string(value)};
  if (!list) return {std::string(keyword) + " " + std::string(value)};
  for (std::string word; words >> word;) out.insert(std::string(keyword) + " " + word);
  return out;
}

std::string program(const char* variable, const char* otherwise) {
  const char* const set = std::getenv(variable);
  return set ? set : otherwise;
}

TEST(SshdDifferential, ValuesAreThoseOfSshdT) {
  const std::string sshd = program("DRYDOCK_SSHD", "/usr/sbin/sshd");
  const std::string keygen = program("DRYDOCK_SSH_KEYGEN", "ssh-keygen");
  const test::ScratchDirectory scratch;
  const std::string key = scratch.path() + "/key";
  if (!test::ask(sshd + " -V 2>&1") || !test::ask(keygen + " -q -t ed25519 -N '' -f " + key))
    GTEST_SKIP() << "sshd is not installed (Debian package: openssh-server)";
  int compared = 0;
  for (unsigned seed = 1; seed <= 250; ++seed) {
    const std::string name = "case" + std::to_string(seed);
    Generator generator(seed, scratch.path() + "/" + name);
    const std::string main = generator.file();
    const std::string path = scratch.write(name + "/main", main);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/ssh/sshd_config", main);
    for (const auto& [file, content] : generator.files) {
      scratch.write(name + "/" + file, content);
      tree->file(scratch.path().substr(1) + "/" + name + "/" + file, content);
    }
    // Every other one is started with options.
    constexpr std::string_view kOptions[] = {"",
                                             "-p 2022 -p 2023",
                                             "-oCiphers=aes256-ctr -o MaxAuthTries=3",
                                             "-o 'PermitRootLogin no' -4",
                                             "",
                                             "-g 30 -oPort=2024",
                                             "-o Port=2025 -p 2026 -q",
                                             "-D -e -oUseDNS=yes -oUseDNS=no -6"};
    const std::string options(kOptions[seed % 8]);
    if (!options.empty())
      tree->file("usr/lib/systemd/system/ssh.service",
                 "[Service]\nEnvironment=SSHD_OPTS=none\nEnvironmentFile=-/etc/default/ssh\n"
                 "ExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n")
          .file("etc/default/ssh", "SSHD_OPTS=\"" + options + "\"\n");
    // -C makes sshd evaluate Match blocks; a user that no generated block names meets "Match all" only.
    const auto real = test::ask(sshd + " -T -f " + path + " -h " + key + " " + options +
                                " -C user=nobody,host=h,addr=1.2.3.4 2>/dev/null");
    const std::string refused = test::facts(
        tree, "SELECT count(*) FROM parse_issue WHERE table_name = 'sshd' AND effect = 'unknown'");
    if (!real || real->find("permitrootlogin") == std::string::npos) {
      EXPECT_NE(refused, "0\n") << "sshd refuses, seed " << seed << "\n" << main;
      continue;
    }
    ++compared;
    EXPECT_EQ(refused, "0\n") << "sshd takes it, seed " << seed << "\n" << main;
    std::set<std::string> wanted, found;
    std::istringstream lines(*real);
    for (std::string line; std::getline(lines, line);) {
      const std::string keyword = line.substr(0, line.find(' '));
      if (keyword != "hostkey" && keyword != "listenaddress") wanted.insert(line);
    }
    std::istringstream rows(
        test::facts(tree,
                    "SELECT keyword || char(9) || value FROM sshd WHERE context = '' "
                    "AND keyword NOT IN ('hostkey', 'listenaddress')"));
    for (std::string row; std::getline(rows, row);) {
      const size_t tab = row.find('\t');
      found.merge(values(row.substr(0, tab), row.substr(tab + 1)));
    }
    std::string difference;
    for (const std::string& line : found)
      if (!wanted.contains(line)) difference += "drydock says " + line + "\n";
    for (const std::string& line : wanted)
      if (!found.contains(line)) difference += "sshd says " + line + "\n";
    ASSERT_EQ(difference, "") << "seed " << seed << "\n" << main;
  }
  EXPECT_GE(compared, 200);
}

}  // namespace
}  // namespace drydock
