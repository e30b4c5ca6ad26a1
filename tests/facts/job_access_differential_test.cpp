// The same lists to drydock and to crontab(1) and at(1): who may leave jobs?
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr const char* kMissing = "missing";
constexpr int kGenerated = 90;
constexpr const char* kPasswd =
    "root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\namy:x:1001:1001::/:/bin/sh\n";

struct Case {
  std::string allow, deny;
};

// As cron.allow(5)'s readers have never said: each line is the whole name.
const std::vector<Case>& by_hand() {
  static const std::vector<Case> kCases = {{kMissing, kMissing},
                                           {"", kMissing},
                                           {kMissing, ""},
                                           {"", ""},
                                           {"amy\n", "amy\n"},
                                           {"root\n", kMissing},
                                           {kMissing, "amy\n"},
                                           {kMissing, "amy"},
                                           {kMissing, "amyx"},
                                           {"amy", kMissing},
                                           {"amyx", kMissing},
                                           {"amy\r\n", kMissing},
                                           {kMissing, "amy\r\n"},
                                           {kMissing, "amy \n"},
                                           {kMissing, " amy\n"},
                                           {kMissing, "\tamy\n"},
                                           {"amy # who else\n", kMissing},
                                           {"#amy\n", kMissing},
                                           {"ALL\n", kMissing},
                                           {kMissing, "ALL\n"},
                                           {"bob\namy\n", kMissing},
                                           {"bob amy\n", kMissing},
                                           {"bob,amy\n", kMissing},
                                           {"\n\namy\n", kMissing},
                                           {"AMY\n", kMissing},
                                           {"*\n", kMissing},
                                           {"1001\n", kMissing},
                                           {"root\namy", "bob\n"},
                                           {kMissing, "\n"},
                                           {kMissing, "x\namy\ny\n"}};
  return kCases;
}

std::string list(test::Random& random) {
  if (random.one_in(3)) return kMissing;
  std::string out;
  for (int n = random.below(4); n > 0; --n)
    out += random.pick({"", "", "", "", " ", "#", "\t"}) +
           random.pick({"amy", "amy", "amy", "amyx", "bob", "root", "", "# note", "am", "daemon"}) +
           random.pick({"", "", "", "", " ", " # x", "\t"}) +
           random.pick({"\n", "\n", "\n", "\n\n", "\r\n"});
  if (!out.empty() && random.one_in(4)) out.pop_back();
  return out;
}

TEST(JobAccessDifferential, WhoMayIsWhomCrontabAndAtLetIn) {
  const auto program = [](const char* variable, const char* other) {
    const char* const set = std::getenv(variable);
    return std::string(set ? set : other);
  };
  const std::string crontab = program("DRYDOCK_CRONTAB", "/usr/bin/crontab");
  const std::string at = program("DRYDOCK_AT", "/usr/bin/at");
  std::vector<Case> cases = by_hand();
  test::Random random(8);
  while (cases.size() < by_hand().size() + kGenerated)
    cases.push_back({list(random), list(random)});
  const test::ScratchDirectory scratch = test::directory_in_memory();
  scratch.write("etc/passwd", kPasswd);
  scratch.write("etc/group", "root:x:0:\ndaemon:x:1:\namy:x:1001:\n");
  scratch.write("etc/nsswitch.conf", "passwd: files\ngroup: files\n");
  scratch.write("spool/cron/crontabs/.keep", "");
  scratch.write("spool/cron/atjobs/.keep", "");
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = "case/" + std::to_string(i) + "/";
    scratch.write(name + "etc/.keep", "");
    for (const char* job : {"cron", "at"}) {
      if (cases[i].allow != kMissing) scratch.write(name + "etc/" + job + ".allow", cases[i].allow);
      if (cases[i].deny != kMissing) scratch.write(name + "etc/" + job + ".deny", cases[i].deny);
    }
  }
  // The loop runs as root of a user namespace, then as amy of one within: all files there are hers.
  const std::string loop = "crontab='" + crontab + "' at='" + at + "'\n" + R"sh(me() {
  command -v "$2" >/dev/null || { echo "$1 none"; return; }
  said=$("$2" -l 2>&1 </dev/null)
  case $said in
    *'not allowed'*|*'not have permission'*) echo "$1 no" ;;
    ''|*'no crontab'*|*'incomplete last line'*) echo "$1 yes" ;;
    *) echo "$1 says $said" ;;
  esac
}
i=0
while [ -e case/$i ]; do
  rm -f /etc/cron.allow /etc/cron.deny /etc/at.allow /etc/at.deny
  cp case/$i/etc/* /etc/ 2>/dev/null
  me cron "$crontab"
  me at "$at"
  i=$((i+1))
done
)sh";
  scratch.write("loop", loop);
  const auto answer = test::ask(
      "cd " + scratch.path() + " && unshare --user --map-root-user --mount timeout 60 sh " +
      scratch.write("ask",
                    "cp /etc/ld.so.cache etc/ 2>/dev/null\n"
                    "mount --bind spool /var/spool && mount --bind etc /etc || exit 0\n"
                    "sh loop\nunshare --user --map-user=1001 --map-group=1001 sh loop\n") +
      " 2>&1");
  if (!answer || answer->find("cron yes") == std::string::npos ||
      answer->find("at yes") == std::string::npos)
    GTEST_SKIP() << "crontab and at cannot be asked: " << answer.value_or("").substr(0, 200);
  std::istringstream in(*answer);
  int allowed = 0, denied = 0;
  for (const std::string user : {"root", "amy"})
    for (const Case& one : cases) {
      std::string theirs, line;
      for (int n = 0; n < 2 && std::getline(in, line); ++n) theirs += line + "\n";
      auto tree = std::make_shared<MemoryTree>();
      tree->file("etc/passwd", std::string(kPasswd));
      tree->file("etc/debian_version", "12.4\n");
      for (const std::string job : {"cron", "at"}) {
        if (one.allow != kMissing) tree->file("etc/" + job + ".allow", one.allow);
        if (one.deny != kMissing) tree->file("etc/" + job + ".deny", one.deny);
      }
      const test::FewFacts facts(tree, {"job_"}, {"job_access"});
      std::string ours;
      for (const auto& row : facts.rows("SELECT program, iif(allowed, 'yes', 'no') FROM job_access "
                                        "WHERE user = '" +
                                        user + "' ORDER BY rowid"))
        ours += *row[0] + " " + *row[1] + "\n";
      EXPECT_EQ(ours, theirs) << user << "\nallow:\n" << one.allow << "\ndeny:\n" << one.deny;
      allowed += user == "amy" && theirs.find("yes") != std::string::npos;
      denied += user == "amy" && theirs.find("no") != std::string::npos;
    }
  EXPECT_GT(allowed, 30);
  EXPECT_GT(denied, 30);
}

}  // namespace
}  // namespace drydock
