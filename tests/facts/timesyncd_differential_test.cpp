// The same timesyncd.conf and drop-ins to drydock and to systemd-timesyncd, which says at its start what servers it has, of
// which lines it takes nothing, and which intervals it cannot use.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/setting_value.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;
constexpr std::string_view kMain = "etc/systemd/timesyncd.conf";

class Generator {
 public:
  std::string span() {
    if (random_.one_in(12))
      return random_.pick({"", "x", "-1", "1 2", "'5'", "5 # no", "infinity", "inf"});
    std::string out = random_.pick({"", "", "", "+", " "});
    for (int n = random_.one_in(3); n >= 0; --n)
      out +=
          random_.pick({"1", "15", "16", "0", "17.5", ".5", "1.", "30", "2048", "900", "1000000"}) +
          random_.pick({"", "", " "}) +
          random_.pick({"", "", "", "s", "sec", "min", "m", "M", "h", "hr", "ms", "us", "µs",
                        "parsec", "S", "minutes,"}) +
          random_.pick({"", " "});
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }
  std::string key() {
    return random_.pick({"RootDistanceMaxSec", "PollIntervalMinSec", "PollIntervalMaxSec",
                         "SaveIntervalSec", "ConnectionRetrySec"});
  }
  Files next() {
    Files out;
    if (!random_.one_in(8)) out[std::string(kMain)] = file();
    for (int n = random_.below(4); n > 0; --n)
      out[random_.pick({"etc", "run"}) + "/systemd/timesyncd.conf.d/" +
          random_.pick({"10-a.conf", "20-b.conf", "30-c.conf", "c.txt", "5"})] =
          random_.one_in(10) ? "" : file();
    return out;
  }

 private:
  std::string servers() {
    std::string out;
    for (int n = random_.below(4); n > 0; --n)
      out += random_.pick({"a", "b.example", "c", "10.0.0.1", "::1", "[::1]", "d.example.", "a..b",
                           "_x", "-q", "x@y", "\"e", "f\"", "g:123", ".", ".h", "fe80::1%eth0"}) +
             random_.pick({" ", "  ", "\t"});
    if (random_.one_in(10))
      out += std::string(static_cast<size_t>(62 + random_.below(3)), 'l') + ".x";
    out.erase(out.find_last_not_of(" \t") + 1);
    return out;
  }
  std::string file() {
    std::string out =
        random_.one_in(12) ? "" : random_.pick({"[Time]\n", "[Time]\n", "# x\n [Time]\n"});
    for (int n = 1 + random_.below(4); n > 0; --n) switch (random_.below(7)) {
        case 0:
        case 1:
        case 2:
          out += random_.pick({"NTP", "NTP", "FallbackNTP", "Servers", "ntp"}) +
                 random_.pick({"=", "=", " = "}) + servers() +
                 random_.pick({"\n", "\n", "\n", " \\\n z\n", "\\\n# y\nw\n"});
          break;
        case 3:
          out += random_.pick({"# NTP=q\n", ";NTP=q\n", "\n", "[Foo]\nNTP=q\n[Time]\n", "NTP\n",
                               "=q\n", "[Time]\n"});
          break;
        default:
          out += key() + "=" + span() + "\n";
      }
    return out;
  }
  test::Random random_{123};
};

const std::vector<Files>& by_hand() {
  static const std::string kFile(kMain);
  static const std::vector<Files> kCases = {
      {{kFile, "[Time]\nNTP=a b\nNTP=\nNTP=c\nFallbackNTP=\n"}},
      {{kFile, "[Time]\nNTP=a\nServers=b\n"},
       {"etc/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=c a\n"}},
      {{kFile, "[Time]\nNTP=a\n"}, {"run/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=\n"}},
      {{kFile, "[Time]\nNTP=a\n"},
       {"run/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=b\n"},
       {"etc/systemd/timesyncd.conf.d/x.conf", "[Time]\nNTP=c\n"}},
      {{kFile, "NTP=a\n[Time]\nFallbackNTP=b\n[Other]\nNTP=c\n"}},
      {{kFile, "[Time]\nPollIntervalMinSec=15\nPollIntervalMaxSec=16\n"}},
      {{kFile, "[Time]\nPollIntervalMinSec=100\nPollIntervalMaxSec=99\n"}},
      {{kFile, "[Time]\nPollIntervalMinSec=1h\n"}},
      {{kFile, "[Time]\nPollIntervalMinSec=16\nPollIntervalMaxSec=16\nConnectionRetrySec=999ms\n"}},
      {{kFile,
        "[Time]\nPollIntervalMinSec=1\nPollIntervalMinSec=20\nConnectionRetrySec="
        "1\nConnectionRetrySec=\n"}},
      {{kFile, "[Time]\nNTP=a..b\n"}},
  };
  return kCases;
}

// "system: a b", "fallback: c", "useless: KEY", by what it says before it runs.
std::string said(const std::string& text) {
  std::map<std::string, std::vector<std::string>> servers;
  std::set<std::string> useless;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string word[5];
    for (std::string& one : word) words >> one;
    if (word[0] == "Added" && word[3] == "server") {
      word[4].pop_back();
      servers[word[2]].push_back(word[4]);
    }
    if (word[0] == "Removed" && word[1] == "server")
      for (auto& [kind, all] : servers) std::erase(all, word[2].substr(0, word[2].size() - 1));
    if (word[0] == "Invalid" && word[1].ends_with("=."))
      useless.insert(word[1].substr(0, word[1].size() - 2));
    if (line.find("Sec= is smaller than") != std::string::npos)
      useless.insert(word[0].substr(0, word[0].size() - 1));
  }
  // Debian's own are there where nothing is set.
  if (servers["fallback"].size() == 4 && servers["fallback"][0] == "0.debian.pool.ntp.org")
    servers["fallback"].clear();
  std::string out = "system:";
  for (const std::string& one : servers["system"]) out += " " + one;
  out += "\nfallback:";
  for (const std::string& one : servers["fallback"]) out += " " + one;
  out += "\nuseless:";
  for (const std::string& one : useless) out += " " + one;
  return out;
}

TEST(TimesyncdDifferential, HasTheServersAndIntervalsThatWeSay) {
  Generator generator;
  // Of the first only the lines of which it takes nothing are asked for.
  std::vector<std::pair<std::string, std::string>> lines;
  std::string first = "[Time]\n";
  while (lines.size() < 200) {
    lines.emplace_back(generator.key(), generator.span());
    first += lines.back().first + "=" + lines.back().second + "\n";
  }
  std::vector<Files> cases = by_hand();
  while (cases.size() < 50) cases.push_back(generator.next());
  cases.push_back({{std::string(kMain), first}});
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string at = std::to_string(i) + "/";
    for (const auto& [path, text] : cases[i]) scratch.write(at + path, text);
    for (const char* const root : {"etc/", "run/"})
      scratch.write(at + root + "systemd/timesyncd.conf.d/z", "");
    // It changes to its user, who is the only one of the namespace.
    scratch.write(at + "etc/passwd", "root:x:0:0::/:/bin/sh\nsystemd-timesync:x:0:0::/:/bin/sh\n");
    scratch.write(at + "etc/group", "root:x:0:\nsystemd-timesync:x:0:\n");
  }
  scratch.write("ask",
                "mount -t tmpfs run /run && mount -t tmpfs var /var || exit 0; d=$PWD; n=0\n"
                "while [ -d $n ]; do cp /etc/ld.so.cache $n/etc/ 2>/dev/null\n"
                "(cd /; mount --bind $d/$n/etc /etc; rm -rf /run/*; cp -r $d/$n/run/systemd /run/\n"
                "SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=0 exec "
                "/lib/systemd/systemd-timesyncd >$d/$n.said 2>&1 </dev/null) & p=$!; i=0\n"
                "while [ $i -lt 200 ] && ! grep -q 'running as' $n.said 2>/dev/null; do sleep "
                "0.005; i=$((i+1)); done\n"
                "kill -9 $p; wait $p; umount /etc; n=$((n+1)); done\n");
  test::ask("cd " + scratch.path() +
            " && unshare --user --map-root-user --mount --net --ipc --pid --fork --mount-proc sh "
            "ask 2>&1");
  std::vector<std::string> theirs;
  for (size_t i = 0; i < cases.size(); ++i)
    theirs.push_back(
        test::ask("cat " + scratch.path() + "/" + std::to_string(i) + ".said 2>/dev/null")
            .value_or(""));
  if (theirs[0].find("running as") == std::string::npos)
    GTEST_SKIP() << "systemd-timesyncd is not installed, or cannot be asked in a namespace";
  size_t with_server = 0, with_useless = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    ASSERT_NE(theirs[i].find("running as"), std::string::npos) << theirs[i];
    auto tree = std::make_shared<MemoryTree>();
    std::string all;
    for (const auto& [path, text] : cases[i]) {
      tree->file(path, text);
      all += "== " + path + "\n" + text;
    }
    const test::FewFacts facts(tree, {"setting", "parse_issue"}, {"setting"});
    std::string ours[2] = {"system:", "fallback:"};
    for (const auto& row : facts.rows("SELECT key, value FROM setting WHERE key IN "
                                      "('timesyncd.NTP', 'timesyncd.FallbackNTP')"))
      ours[*row[0] == "timesyncd.FallbackNTP" ? 1 : 0] += " " + *row[1];
    std::string text = ours[0] + "\n" + ours[1] + "\nuseless:";
    std::set<std::string> useless;
    for (const auto& row : facts.rows(
             "SELECT message, path, loc FROM parse_issue WHERE message LIKE '%its default: %'")) {
      std::istringstream in(cases[i].at(*row[1]));
      std::string line;
      for (int n = std::stoi(row[2]->substr(row[1]->size() + 1)); n > 0; --n)
        std::getline(in, line);
      useless.insert(line.substr(0, line.find('=')));
    }
    const std::string wanted = said(theirs[i]);
    // It says so of its default too: then none is set here.
    for (const char* const key : {"ConnectionRetrySec", "PollIntervalMaxSec", "PollIntervalMinSec"})
      if (useless.contains(key) ||
          (wanted.find(key) != std::string::npos &&
           facts.rows("SELECT 1 FROM setting WHERE key = 'timesyncd." + std::string(key) + "'")
               .empty()))
        text += std::string(" ") + key;
    EXPECT_EQ(text, wanted) << all << "== timesyncd\n" << theirs[i].substr(0, 1500);
    with_server += !wanted.starts_with("system:\n");
    with_useless += !wanted.ends_with("useless:");
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(with_server, cases.size() / 3);
  EXPECT_GT(with_useless, cases.size() / 8);
  size_t ignored = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool is_taken = theirs.back().find("timesyncd.conf:" + std::to_string(i + 2) +
                                             ": Failed") == std::string::npos;
    ignored += !is_taken;
    EXPECT_EQ(facts::daemon_takes("timesyncd", lines[i].first, lines[i].second), is_taken)
        << lines[i].first << "=" << lines[i].second;
  }
  EXPECT_GT(ignored, lines.size() / 6);
}

}  // namespace
}  // namespace drydock
