// The same question to drydock and to ssh itself, on generated configurations of the client.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr std::string_view kDb = "Host web* db";

class Generator {
 public:
  // `asks_db`: db is a destination too, so it meets no block but kDb and those that all meet.
  Generator(unsigned seed, std::string directory, bool asks_db)
      : random_(seed), directory_(std::move(directory)), asks_db_(asks_db) {}

  std::string file(int depth = 0) {
    std::string text;
    for (int i = 0; i < 10; ++i) {
      if (depth < 2 && random_.one_in(7)) {
        const std::string name = "d" + std::to_string(depth) + "/" + std::to_string(files.size());
        files.emplace_back(name + ".conf", "");
        const size_t at = files.size() - 1;
        files[at].second = file(depth + 1);
        text += "Include " + directory_ + "/" +
                (random_.one_in(3) ? "d" + std::to_string(depth) + "/*.conf" : name + ".conf") +
                "\n";
      } else if (random_.one_in(4)) {
        text += block(depth);
      } else {
        text += random_.pick({"", "  ", "\t"}) + line() +
                random_.pick({"\n", "  \n", " # why\n", "\r\n"});
      }
    }
    return text;
  }

  std::vector<std::pair<std::string, std::string>> files;

 private:
  // The destination zz is named by none of these, unless by '*' or "all".
  std::string block(int depth) {
    if (!asks_db_ && random_.one_in(4)) return random_.pick({"host \"*\" !zz\n", "Host !z? *\n"});
    if (depth == 0 && random_.one_in(3)) return std::string(kDb) + "\n";
    return random_.pick({"Host *\n", "Match all\n", "Match host web,*.x\n", "match user nosuch\n",
                         "Match final all\n", "Match final\n", "Match !final host *\n",
                         "Match originalhost=* localuser nosuch\n", "Match !host *\n",
                         "Match canonical all\n"});
  }

  std::string line() {
    const std::string equals = random_.pick({" ", "=", " = ", "\t"});
    if (random_.one_in(150))
      return random_.pick({"Hots x", "Port", "HashKnownHosts maybe", "RekeyLimit 5", "Match x y",
                           "User \"a", "BatchMode yes no", "Match host"});
    if (random_.one_in(4))
      return random_.pick({"Ciphers", "ciphers"}) + equals +
             random_.pick({"aes256-ctr", "+aes128-cbc", "-aes*", "^aes128-cbc,3des-cbc"});
    return random_.pick({"RekeyLimit", "rekeylimit"}) + equals +
           random_.pick({"512M 1h", "1.5G", "default 30m", "4k none", "default none", "0"}) + "\n" +
           random_.pick({"StrictHostKeyChecking no",
                         "StrictHostKeyChecking=accept-new",
                         "stricthostkeychecking OFF",
                         "ForwardAgent yes",
                         "ForwardAgent \"no\"",
                         "ForwardX11 true",
                         "ForwardX11 no",
                         "ServerAliveInterval 5m",
                         "ServerAliveInterval none",
                         "serveraliveinterval 1h5",
                         "ConnectTimeout 9",
                         "ConnectTimeout none",
                         "MACs -hmac-sha1*",
                         "KexAlgorithms ^ecdh-sha2-nistp256",
                         "LogLevel debug",
                         "loglevel VERBOSE",
                         "HashKnownHosts yes",
                         "HashKnownHosts no",
                         "SendEnv LANG LC_*",
                         "SendEnv X",
                         "Tunnel yes",
                         "UserKnownHostsFile /dev/null",
                         "UserKnownHostsFile /a /b",
                         "GlobalKnownHostsFile \"/c d\"",
                         "ChallengeResponseAuthentication no",
                         "PubkeyAuthentication unbound",
                         "PermitLocalCommand yes",
                         "Protocol 2",
                         "RSAAuthentication yes",
                         "IgnoreUnknown Foo*,bar",
                         "Port=2222",
                         "GSSAPIDelegateCredentials yes",
                         "VerifyHostKeyDNS ask",
                         "UpdateHostKeys no",
                         "CheckHostIP yes",

                         "NumberOfPasswordPrompts 1",
                         "ControlMaster auto",
                         "HostbasedAuthentication yes",
                         "FingerprintHash md5",
                         "EnableSSHKeysign yes"});
  }

  test::Random random_;
  std::string directory_;
  bool asks_db_;
};

// A line a value, as ssh -G prints lists.
std::set<std::string> values(const std::string& keyword, const std::string& value) {
  if (keyword != "sendenv") return {keyword + " " + value};
  std::set<std::string> out;
  std::istringstream words(value);
  for (std::string word; words >> word;) out.insert(keyword + " " + word);
  return out;
}

// Made of the user's name or home, or not the same in every build.
bool is_compared(std::string_view line) {
  constexpr std::string_view kLeftOut[] = {"host",
                                           "user",
                                           "hostname",
                                           "identityfile",
                                           "xauthlocation",
                                           "forwardx11trusted",
                                           "gssapikexalgorithms",
                                           "gssapikeyexchange",
                                           "gssapitrustdns",
                                           "gssapirenewalforcesrekey",
                                           "ignoreunknown"};
  const std::string_view keyword = line.substr(0, line.find(' '));
  return std::ranges::find(kLeftOut, keyword) == std::end(kLeftOut) &&
         line.find(".ssh/known_hosts2") == std::string_view::npos;
}

constexpr unsigned kCases = 140;

struct Case {
  std::shared_ptr<MemoryTree> tree;
  std::string text;        // all files
  std::string answers[2];  // of ssh -G for zz and for db; nothing if it refuses
};

// What the table says of a destination that meets the blocks kDb (if `is_db`) and no other that is not met by all.
std::set<std::string> told(const std::string& rows, bool is_db) {
  std::map<std::string, std::set<std::string>> of[2];  // context '', context kDb
  std::istringstream table(rows);
  for (std::string row; std::getline(table, row);) {
    std::istringstream cells(row);
    std::string context, keyword, value;
    std::getline(std::getline(std::getline(cells, context, '\t'), keyword, '\t'), value);
    if (!context.empty() && (!is_db || context != kDb)) continue;
    of[context.empty() ? 0 : 1][keyword].merge(values(keyword, value));
  }
  std::set<std::string> out;
  for (const auto& [keyword, lines] : of[1]) out.insert(lines.begin(), lines.end());
  for (const auto& [keyword, lines] : of[0])
    if (keyword == "sendenv" || !of[1].contains(keyword)) out.insert(lines.begin(), lines.end());
  std::erase_if(out, [&](const std::string& line) {
    // The amount and the time may come from different blocks.
    return !is_compared(line) || (is_db && line.starts_with("rekeylimit "));
  });
  return out;
}

std::set<std::string> printed(const std::string& answer, bool is_db) {
  std::set<std::string> out;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) {
    std::ranges::transform(line.begin(), line.begin() + static_cast<ptrdiff_t>(line.find(' ')),
                           line.begin(), [](unsigned char c) { return std::tolower(c); });
    if (is_compared(line) && !(is_db && line.starts_with("rekeylimit "))) out.insert(line);
  }
  return out;
}

TEST(SshClientDifferential, ValuesAreThoseOfSshG) {
  const auto version = test::ask("(ssh -V 2>&1)");
  if (!version || !version->starts_with("OpenSSH_9.2"))
    GTEST_SKIP() << "ssh 9.2 is not installed (Debian package: openssh-client)";
  const test::ScratchDirectory scratch;
  std::vector<Case> cases;
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    const std::string name = "case" + std::to_string(seed);
    Generator generator(seed, scratch.path() + "/" + name, seed % 2 == 0);
    Case one{std::make_shared<MemoryTree>(), generator.file(), {}};
    scratch.write(name + "/main", one.text);
    one.tree->file("etc/ssh/ssh_config", one.text);
    for (const auto& [file, content] : generator.files) {
      scratch.write(name + "/" + file, content);
      one.tree->file(scratch.path().substr(1) + "/" + name + "/" + file, content);
      one.text += "--- " + file + "\n" + content;
    }
    cases.push_back(std::move(one));
  }
  // One shell asks for all of them.
  const auto answers =
      test::ask("cd " + scratch.path() + " && for i in $(seq 1 " + std::to_string(kCases) +
                "); do for host in zz db; do echo \"@ $i $host\"; "
                "ssh -G -F case$i/main $host; done; done");
  ASSERT_TRUE(answers);
  std::istringstream stream(*answers);
  for (std::string line, *into = nullptr; std::getline(stream, line);)
    if (line.starts_with("@ "))
      into = &cases[std::stoul(line.substr(2)) - 1].answers[line.ends_with("db") ? 1 : 0];
    else if (into)
      *into += line + "\n";
  size_t compared = 0, seed = 0;
  for (const auto& [tree, all, real] : cases) {
    const bool asks_db = ++seed % 2 == 0;
    const std::string rows = test::facts(
        tree,
        "SELECT context || char(9) || keyword || char(9) || value FROM ssh_client UNION ALL SELECT "
        "'refused' FROM parse_issue WHERE table_name = 'ssh_client' AND effect = 'unknown'");
    const bool is_refused = rows.find("refused\n") != std::string::npos;
    for (const bool is_db : {false, true}) {
      if (is_db && !asks_db) continue;
      if (real[is_db].empty()) {
        EXPECT_TRUE(is_refused) << "ssh refuses, seed " << seed << "\n" << all;
        continue;
      }
      ++compared;
      EXPECT_FALSE(is_refused) << "ssh takes it, seed " << seed << "\n" << all;
      const std::set<std::string> wanted = printed(real[is_db], is_db), found = told(rows, is_db);
      std::string difference;
      for (const std::string& line : found)
        if (!wanted.contains(line)) difference += "drydock says " + line + "\n";
      for (const std::string& line : wanted)
        // Its default hangs on VerifyHostKeyDNS and UserKnownHostsFile: there is none in the table.
        if (!found.contains(line) && !line.starts_with("updatehostkeys "))
          difference += "ssh says " + line + "\n";
      ASSERT_EQ(difference, "") << "seed " << seed << (is_db ? " db" : " zz") << "\n" << all;
    }
  }
  EXPECT_GE(compared, 160u);
}

}  // namespace
}  // namespace drydock
