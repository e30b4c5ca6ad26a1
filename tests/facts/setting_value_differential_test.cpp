// The same journald.conf and logind.conf to drydock and to the daemons, which say of which lines they take nothing.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/setting_value.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

struct Line {
  std::string key, value;
};

std::string value(test::Random& random, const std::string& key) {
  if (random.one_in(12)) return "";
  if (random.one_in(12)) return random.pick({"x", "-1", "yes # no", "'yes'", "auto", "1 2", "+1"});
  if (key.ends_with("Sec")) {
    std::string out = random.pick({"", "", "", "infinity", "-", "+"});
    for (int n = random.below(3); n >= 0; --n)
      out += random.pick({"1", "15", "0", "2.5", ".5", "1.", "30"}) + random.pick({"", "", " "}) +
             random.pick({"",   "",   "s",      "sec",  "min", "m",     "M",
                          "h",  "hr", "day",    "days", "w",   "month", "years",
                          "ms", "us", "parsec", "S",    "Min", "hours,"}) +
             random.pick({"", "", " "});
    return out;
  }
  if (key.find("Max") != std::string::npos || key.find("Keep") != std::string::npos ||
      (key == "Compress" && random.one_in(2))) {
    std::string out;
    for (int n = random.one_in(4); n >= 0; --n)
      out += random.pick({"1", "10", "1.5", "0", "512", "+2", "1."}) + random.pick({"", "", " "}) +
             random.pick({"", "", "K", "M", "G", "T", "B", "k", "GB", "%", "MiB", "E"}) +
             random.pick({"", "", " "});
    return out;
  }
  if (key == "Storage")
    return random.pick({"auto", "volatile", "persistent", "none", "Persistent", "persistant", "yes",
                        "\"auto\"", "volatile ;"});
  return random.pick({"yes",     "no", "true",    "false", "on",  "off",    "1",    "0",
                      "y",       "n",  "t",       "f",     "YES", "No",     "TRUE", "yess",
                      "enabled", "2",  "\"yes\"", "on;",   "01",  "disable"});
}

// The lines of which a daemon said that it ignores them; nullopt if it did not come so far.
std::optional<std::set<size_t>> ignored(const std::string& said, const std::string& file) {
  std::set<size_t> numbers;
  std::istringstream in(said);
  const std::string start = "/etc/systemd/" + file + ":";
  for (std::string line; std::getline(in, line);)
    if (const size_t at = line.find(start);
        at != std::string::npos && line.find("ignoring") != std::string::npos)
      numbers.insert(std::stoul(line.substr(at + start.size())));
  if (numbers.empty()) return std::nullopt;
  return numbers;
}

TEST(SettingValueDifferential, DaemonsIgnoreTheSameValues) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> daemons = {
      {"journald",
       {"Compress", "Seal", "ReadKMsg", "ForwardToSyslog", "ForwardToKMsg", "ForwardToConsole",
        "ForwardToWall", "Storage", "SyncIntervalSec", "RateLimitIntervalSec", "MaxRetentionSec",
        "MaxFileSec", "SystemMaxUse", "SystemKeepFree", "SystemMaxFileSize", "RuntimeMaxUse",
        "RuntimeKeepFree", "RuntimeMaxFileSize"}},
      {"logind",
       {"KillUserProcesses", "RemoveIPC", "StopIdleSessionSec", "IdleActionSec",
        "InhibitDelayMaxSec"}}};
  const test::ScratchDirectory scratch = test::directory_in_memory();
  test::Random random(252);
  std::map<std::string, std::vector<Line>> lines;
  for (const auto& [daemon, keys] : daemons) {
    std::vector<Line>& all = lines[daemon];
    const size_t most = daemon == "journald" ? 360 : 140;
    for (size_t i = 0; i < most; ++i) {
      const std::string& key = keys[i % keys.size()];
      std::string text = value(random, key);
      text.erase(text.find_last_not_of(' ') + 1);
      all.push_back({key, text});
    }
    std::string text = daemon == "journald" ? "[Journal]\n" : "[Login]\n";
    for (const Line& line : all) text += line.key + "=" + line.value + "\n";
    scratch.write("etc/systemd/" + daemon + ".conf", text);
  }
  scratch.write("etc/passwd", "root:x:0:0::/:/bin/sh\n");
  scratch.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  // journald goes on until it is killed.
  scratch.write(
      "ask",
      "cp /etc/ld.so.cache etc/; mount --bind etc /etc && mount -t tmpfs run /run || exit 0\n"
      "mkdir -p /run/systemd/journal /run/log; cd /\n"
      "for daemon in journald logind; do SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_COLOR=0 "
      "timeout -s KILL 0.7 /lib/systemd/systemd-$daemon 2>&1 </dev/null; done\n");
  const auto answer = test::ask("cd " + scratch.path() +
                                " && unshare --user --map-root-user --mount --net --ipc --pid "
                                "--fork --mount-proc sh ask");
  for (const auto& [daemon, all] : lines) {
    const auto theirs = ignored(answer.value_or(""), daemon + ".conf");
    if (!theirs) GTEST_SKIP() << "systemd-" << daemon << " cannot be asked in a namespace";
    std::map<std::string, std::string> last;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool is_taken = !theirs->contains(i + 2);
      EXPECT_EQ(facts::daemon_takes(daemon, all[i].key, all[i].value), is_taken)
          << all[i].key << "=" << all[i].value;
      if (is_taken) last[all[i].key] = all[i].value;
    }
    EXPECT_GT(theirs->size(), all.size() / 4);
    EXPECT_LT(theirs->size(), all.size() * 3 / 4);
    std::string text = daemon == "journald" ? "[Journal]\n" : "[Login]\n";
    for (const Line& line : all) text += line.key + "=" + line.value + "\n";
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/systemd/" + daemon + ".conf", text);
    const test::FewFacts facts(tree, {"setting"}, {"setting"});
    for (const auto& row :
         facts.rows("SELECT substr(key, instr(key, '.') + 1), value FROM setting")) {
      EXPECT_EQ(*row[1], last[*row[0]]) << *row[0];
    }
  }
}

}  // namespace
}  // namespace drydock
