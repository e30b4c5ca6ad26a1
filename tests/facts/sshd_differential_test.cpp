// The same question to drydock and to sshd itself, on generated configurations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <vector>

#include "tests/facts/few_facts.h"
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
      } else if (chance(6)) {
        text += "Match " +
                pick({"User ci", "Address 10.0.0.0/8,192.168.*", "all", "User bob,!ci",
                      "user c*,b*,!bob", "Address !10.1.0.0/16,10.*", "LocalPort 22",
                      "LocalPort 23", "LocalAddress 127.0.0.0/8 User c?", "Host *.x",
                      "host=gw.x User=ci", "User c*,b* LocalPort 22"}) +
                pick({"\n", "\n", " # whom\n"});
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

// Which of the generated blocks mean them: nobody; ci from 10.1.2.3, gw.x, to port 22; bob from 192.168.0.9, to port 23.
bool holds(const std::string& block, size_t who) {
  static const std::map<std::string, std::string, std::less<>> kMeant = {
      {"User ci", "1"},           {"Address 10.0.0.0/8,192.168.*", "12"},    {"User bob,!ci", "2"},
      {"user c*,b*,!bob", "1"},   {"Address !10.1.0.0/16,10.*", ""},         {"LocalPort 22", "1"},
      {"LocalPort 23", "2"},      {"LocalAddress 127.0.0.0/8 User c?", "1"}, {"Host *.x", "1"},
      {"host=gw.x User=ci", "1"}, {"User c*,b* LocalPort 22", "1"}};
  const auto found = kMeant.find(block);
  EXPECT_NE(found, kMeant.end()) << block;
  return found != kMeant.end() && found->second.find(std::to_string(who)) != std::string::npos;
}

bool all_hold(const std::string& context, size_t who) {
  for (size_t begin = 0; begin < context.size();) {
    const size_t end = std::min(context.find(" and ", begin), context.size());
    if (!holds(context.substr(begin, end - begin), who)) return false;
    begin = end == context.size() ? end : end + 5;
  }
  return true;
}

// What adds up does so over blocks as well, which the tables leave to the reader.
bool is_asked(const std::string& keyword, size_t who) {
  constexpr std::string_view kAdding[] = {"allowusers", "denygroups", "acceptenv"};
  return keyword != "hostkey" && keyword != "listenaddress" &&
         (who == 0 || std::ranges::find(kAdding, keyword) == std::end(kAdding));
}

// The values that count for them: of the blocks that mean them the first one's, else those for all.
std::vector<std::pair<std::string, std::string>> of(const test::FewFacts& facts, size_t who,
                                                    int& in_blocks) {
  std::vector<std::pair<std::string, std::string>> out;
  std::set<std::string> in_block;
  for (const auto& row :
       facts.rows("SELECT s.keyword, s.value, s.context, (SELECT min(l.ordinal) FROM sshd_line l "
                  "WHERE l.keyword = s.keyword AND l.context = s.context) AS place FROM sshd s "
                  "ORDER BY s.context = '', place")) {
    const std::string& context = *row[2];
    if (!all_hold(context, who)) continue;
    const bool is_new = context.empty() || in_block.insert(*row[0]).second;
    if (context.empty() && in_block.contains(*row[0])) continue;
    if (!is_new) continue;
    in_blocks += !context.empty();
    out.emplace_back(*row[0], row[1].value_or(""));
  }
  return out;
}

TEST(SshdDifferential, ValuesAreThoseOfSshdT) {
  const std::string sshd = program("DRYDOCK_SSHD", "/usr/sbin/sshd");
  const std::string keygen = program("DRYDOCK_SSH_KEYGEN", "ssh-keygen");
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const std::string key = scratch.path() + "/key";
  if (!test::ask(sshd + " -V 2>&1") || !test::ask(keygen + " -q -t ed25519 -N '' -f " + key))
    GTEST_SKIP() << "sshd is not installed (Debian package: openssh-server)";
  int compared = 0, in_blocks = 0;
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
    // -C makes sshd evaluate Match blocks: of somebody whom no block means but "Match all", and every other time of one whom some do.
    const std::string ask = sshd + " -T -f " + path + " -h " + key + " " + options + " -C ";
    const size_t other = seed % 2 * (1 + seed / 2 % 2);
    constexpr std::string_view kWho[] = {
        "user=nobody,host=h,addr=1.2.3.4,laddr=::1,lport=24",
        "user=ci,host=gw.x,addr=10.1.2.3,laddr=127.0.0.1,lport=22",
        "user=bob,host=h,addr=192.168.0.9,laddr=127.0.0.1,lport=23"};
    std::string asked = "{ " + ask + std::string(kWho[0]) + "; echo ==; ";
    if (other != 0) asked += ask + std::string(kWho[other]) + "; echo ==; ";
    const auto real = test::ask(asked + "} 2>/dev/null");
    const test::FewFacts facts(tree, {"sshd"}, {"sshd", "sshd_line"});
    const bool is_refused =
        !facts.rows("SELECT 1 FROM parse_issue WHERE table_name = 'sshd' AND effect = 'unknown'")
             .empty();
    const bool is_taken = real && real->find("permitrootlogin") != std::string::npos;
    EXPECT_NE(is_refused, is_taken) << "sshd's word counts, seed " << seed << "\n" << main;
    if (!is_taken) continue;
    ++compared;
    std::istringstream lines(*real);
    std::vector<size_t> whom = {0};
    if (other != 0) whom.push_back(other);
    for (const size_t who : whom) {
      std::set<std::string> wanted, found;
      for (std::string line; std::getline(lines, line) && line != "==";)
        if (is_asked(line.substr(0, line.find(' ')), who)) wanted.insert(line);
      for (const auto& [keyword, value] : of(facts, who, in_blocks))
        if (is_asked(keyword, who)) found.merge(values(keyword, value));
      std::string difference;
      for (const std::string& line : found)
        if (!wanted.contains(line)) difference += "drydock says " + line + "\n";
      for (const std::string& line : wanted)
        if (!found.contains(line)) difference += "sshd says " + line + "\n";
      ASSERT_EQ(difference, "") << "seed " << seed << " who " << who << "\n" << main;
    }
  }
  EXPECT_GE(in_blocks, 100);
  EXPECT_GE(compared, 200);
}

}  // namespace
}  // namespace drydock
