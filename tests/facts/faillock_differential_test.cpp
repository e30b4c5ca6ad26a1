// The same stacks and files to drydock and to pam_faillock.so, which counts failures at times that we choose. What the
// module does from its settings on is written down here once; which settings it has, drydock says.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using namespace std::string_literals;

constexpr int64_t kStart = 1'000'000'000;
constexpr int kLocked = 7, kIgnored = 6, kBroken = 3;  // auth_err, perm_denied, service_err

struct Case {
  std::string conf;   // faillock.conf
  std::string other;  // another.conf
  std::string arguments;
};

std::string value(test::Random& random) {
  return random.pick(
      {"1",     "2",     "3",          "4",     "5",      "0",           "6x",
       "x",     "07",    "\"2\"",      "",      "0x4",    "2 # two",     "+3",
       "60",    "600",   "900",        "never", "604800", "604801",      "-1",
       "65537", "65538", "4294967297", "30",    "120",    "-4294967294", "18446744073709551617"});
}

std::string setting(test::Random& random, const std::string& equals) {
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return random.pick({"deny", "deny", "deny", "Deny"}) + equals + value(random);
    case 3:
      return "unlock_time" + equals + value(random);
    case 4:
      return "fail_interval" + equals + value(random);
    case 5:
      return "root_unlock_time" + equals + value(random);
    case 6:
      return "even_deny_root" + (random.one_in(4) ? equals + "no" : "");
    case 7:
      return "dir" + equals +
             random.pick({"/run/a", "/run/b", "run/c", "", "/run/../run/d", "/run/none/e"});
    case 8:
      return "admin_group" + equals + random.pick({"ops", "ops", "nosuch", "", "users"});
    case 9:
    case 10:
      return random.pick({"audit", "silent", "no_log_info", "local_users_only", "nodelay"});
    default:
      return random.pick({"denny", "local_users", "conf", "preauth", "EVEN_DENY_ROOT"}) + equals +
             value(random);
  }
}

std::string line(test::Random& random) {
  if (random.one_in(60))
    return std::string(random.one_in(2) ? "# " : "deny = 1") +
           std::string(1018 + static_cast<size_t>(random.below(8)), ' ') + "\n";
  const std::string space = random.pick({"", " ", "\t", " ", "\v"});
  const std::string equals = space + random.pick({"=", "=", "=", "", "=="}) + space;
  return random.pick({"", "", "", "", "", " ", "#", "# "}) +
         setting(random, equals == "" ? " " : equals) +
         random.pick({"\n", "\n", "\n", " \n", "\n\n", "\r\n", " # why\n"});
}

Case generated(unsigned seed) {
  test::Random random(seed);
  Case out;
  for (int i = random.below(6); i > 0; --i) out.conf += line(random);
  for (int i = random.below(5); i > 0; --i) out.other += line(random);
  for (int i = random.below(4); i > 0; --i) {
    std::string one = setting(random, "=");
    const size_t blank = one.find_first_of(" \t");
    out.arguments += " " + (blank == std::string::npos ? one : "[" + one + "]");
  }
  if (random.one_in(3))
    out.arguments += random.pick(
        {" conf=/etc/security/another.conf", " conf=/etc/security/another.conf",
         " conf=/etc/security/../security/another.conf", " conf=/etc/security/none.conf",
         " conf=/etc/security", " conf=", " conf=/dev/null", " conf=/etc/security/faillock.conf",
         " conf=/etc/security/none.conf conf=/etc/security/another.conf"});
  return out;
}

const std::vector<Case> kByHand = {
    {"", "", ""},
    {"deny = 5\n", "", ""},
    {"deny = 5\n", "", " deny=2"},
    {"deny=5\ndeny=2\n", "", ""},
    {"# deny = 5\n", "", ""},
    {"deny = 5 # five\n", "", ""},
    {"deny 5\n", "", ""},
    {"deny = 0\n", "", ""},
    {"deny = x\n", "", ""},
    {"deny = 5", "", ""},
    {"deny = 2\ndeny = x\n", "", ""},
    {"", "", " deny=2 deny=5"},
    {"", "", " deny=2 deny=x"},
    {"deny = 1\n", "deny = 5\n", " conf=/etc/security/another.conf"},
    {"deny = 1\n", "deny = 5\n", " deny=2 conf=/etc/security/another.conf"},
    {"deny = 1\n", "", " conf=/etc/security/none.conf deny=2"},
    {"even_deny_root\n", "", ""},
    {"even_deny_root\nroot_unlock_time = 60\nunlock_time = never\n", "", ""},
    {"even_deny_root\nunlock_time = 120\n", "", ""},
    {"unlock_time = never\n", "", " unlock_time=60"},
    {"fail_interval = 60\n", "", ""},
    {"fail_interval = never\n", "", ""},
    {"admin_group = ops\n", "", ""},
    {"admin_group = ops\neven_deny_root\nroot_unlock_time = 30\n", "", ""},
    {"admin_group = ops\n", "", " admin_group="},
    {"local_users_only\n", "", ""},
    {"dir = /run/a\n", "", " dir=b"},
    {"audit\nsilent\nno_log_info\nnodelay\n", "", ""},
    {"deny = 2\n# " + std::string(1019, 'x') + "\ndeny = 4\n", "", ""},
    {"deny = 2\n# " + std::string(1020, 'x') + "\ndeny = 4\n", "", ""},
    {"deny = 2\n# " + std::string(1021, 'x') + "\ndeny = 4\n", "", ""},
    {"deny = 2\n# " + std::string(1020, 'x'), "", ""},
    {"deny = 2\n# " + std::string(1021, 'x'), "", ""},
    {"deny = 2\0\ndeny = 4\n"s, "", ""},
    {"deny = 2\n\0deny = 4\ndeny = 5\n"s, "", ""},
    {"deny = 2\0"s, "", ""},
};

// The settings as rows of pam_option.
using Settings = std::map<std::string, std::string>;

int64_t number(const Settings& settings, const std::string& name) {
  return std::stoll(settings.at("pam_faillock." + name));
}
bool is_on(const Settings& settings, const std::string& name) {
  return settings.at("pam_faillock." + name) == "yes";
}

// What the module does for a user with its settings.
class Model {
 public:
  Model(const Settings& settings, const std::string& user)
      : deny_(number(settings, "deny")),
        interval_(number(settings, "fail_interval")),
        never_(is_on(settings, "local_users_only") && user == "remote"),
        // Only one level of directories is made.
        keeps_(!settings.at("pam_faillock.dir").starts_with("/run/none/")) {
    const std::string& group = settings.at("pam_faillock.admin_group");
    const bool is_admin =
        user == "root" || (user == "adm" && group == "ops") || (user == "ann" && group == "users");
    exempt_ = is_admin && !is_on(settings, "even_deny_root");
    unlock_ = number(settings, is_admin ? "root_unlock_time" : "unlock_time");
  }

  int ask(int64_t now) const { return never_ || !is_locked(now) ? 0 : kLocked; }
  int fail(int64_t now) {
    if (never_) return 0;
    if (is_locked(now)) return kLocked;
    // The message counts what is still written down, though it counts no more.
    int64_t count = 1;
    const bool all_over = is_unlocked(now);
    size_t oldest = 0;
    for (size_t i = 0; i < failures_.size(); ++i) {
      Failure& failure = failures_[i];
      if (failure.time < failures_[oldest].time) oldest = i;
      if (all_over || now - failure.time >= interval_)
        failure.counts = false;
      else
        ++count;
    }
    if (oldest >= failures_.size() || failures_[oldest].counts) {
      oldest = failures_.size();
      failures_.emplace_back();
    }
    failures_[oldest] = {now, true};
    // The tally file is in a directory that is not there.
    if (!keeps_) failures_.clear();
    locks_ = deny_ > 0 && count == deny_;
    return kIgnored;
  }
  int succeed(int64_t now) {
    if (never_) return 0;
    if (is_locked(now)) return kLocked;
    failures_.clear();
    return 0;
  }
  bool locks() const { return locks_; }  // the last failure was the one that locks

 private:
  struct Failure {
    int64_t time = 0;
    bool counts = false;
  };
  int64_t last() const {
    int64_t time = 0;
    for (const Failure& failure : failures_)
      if (failure.counts) time = std::max(time, failure.time);
    return time;
  }
  bool is_full() const {
    int64_t count = 0;
    for (const Failure& failure : failures_)
      count += failure.counts && last() - failure.time < interval_;
    return !exempt_ && deny_ > 0 && count >= deny_;
  }
  bool is_unlocked(int64_t now) const { return is_full() && unlock_ > 0 && last() + unlock_ < now; }
  bool is_locked(int64_t now) const { return is_full() && !is_unlocked(now); }

  const int64_t deny_, interval_;
  const bool never_, keeps_;
  bool exempt_ = false;
  int64_t unlock_ = 0;
  std::vector<Failure> failures_;
  bool locks_ = false;
};

struct Event {
  char call;  // 'f'ail, 'a'sk, 's'ucceed
  int64_t time;
};

// Failures until it locks and what comes then, at the times where the settings say that something changes.
std::vector<Event> events(test::Random& random, const Settings& settings, bool is_broken) {
  const auto of = [&](const char* name) { return is_broken ? 60 : number(settings, name); };
  const int64_t steps[] = {0,
                           1,
                           of("fail_interval") - 1,
                           of("fail_interval"),
                           of("unlock_time"),
                           of("unlock_time") + 1,
                           of("root_unlock_time"),
                           of("root_unlock_time") + 1,
                           30,
                           61};
  std::vector<Event> out;
  int64_t now = kStart;
  for (int i = 0; i < 4; ++i) out.insert(out.end(), {{'f', now}, {'a', now}});
  for (int i = 0; i < 10; ++i) {
    now += steps[random.below(static_cast<int>(std::size(steps)))];
    const std::string call = random.pick({"a", "a", "f", "f", "f", "s"});
    out.push_back({call[0], now});
  }
  return out;
}

TEST(FaillockDifferential, LocksWhomAndWhenWeSay) {
  std::vector<Case> cases = kByHand;
  for (unsigned seed = 1; seed <= 260; ++seed) cases.push_back(generated(seed));
  const std::string passwd =
      "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\nadm:x:1001:1001::/:/bin/sh\n";
  test::PamHost host({{"passwd", passwd},
                      {"group", "root:x:0:\nops:x:50:adm\nusers:x:100:ann\n"},
                      {"nsswitch.conf", "passwd: files\ngroup: files\n"}});
  struct Asked {
    std::map<std::string, std::string> files;
    Settings settings;
    std::vector<std::pair<std::string, std::vector<Event>>> users;
  };
  std::vector<Asked> asked;
  for (size_t i = 0; i < cases.size(); ++i) {
    Asked& one = asked.emplace_back();
    const std::string rest = cases[i].arguments + "\n";
    one.files = {{"security/faillock.conf", cases[i].conf},
                 {"security/another.conf", cases[i].other},
                 {"pam.d/a",
                  "auth required pam_faillock.so preauth" + rest + "auth required pam_permit.so\n"},
                 {"pam.d/f", "auth required pam_faillock.so authfail" + rest},
                 {"pam.d/s", "auth required pam_faillock.so authsucc" + rest}};
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [name, text] : one.files) tree->file("etc/" + name, text);
    const test::FewFacts facts(tree, {}, {"pam_option"});
    for (const auto& row :
         facts.rows("SELECT key, value FROM pam_option WHERE module = 'pam_faillock.so'"))
      EXPECT_EQ(one.settings.try_emplace(*row[0], row[1].value_or("")).first->second,
                row[1].value_or(""));
    host.host(one.files);
    test::Random random(static_cast<unsigned>(i));
    for (const std::string user : {"root", "ann", "adm", "remote"}) {
      one.users.emplace_back(user, events(random, one.settings, one.settings.empty()));
      for (const Event& event : one.users.back().second) {
        host.command({"time", std::to_string(event.time)});
        host.command({"auth", std::string(1, event.call), user});
      }
      if (!one.settings.empty())
        host.command({"show", one.settings.at("pam_faillock.dir") + "/" + user});
    }
    host.command({"auth", "a", "nosuch"});
  }
  const auto answers = host.ask();
  if (!answers || answers->empty() || answers->front().code != kIgnored)
    GTEST_SKIP() << "pam_faillock.so cannot be asked in a mount namespace here (Debian packages: "
                    "libpam0g, libpam-modules)";
  size_t at = 0;
  int locked = 0, broken = 0, unlocked = 0, exempt = 0;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Asked& one = asked[i];
    const std::string shown = std::to_string(i) + "\n" + cases[i].conf + "--\n" + cases[i].other +
                              "--\n" + cases[i].arguments;
    const bool is_broken = one.settings.empty();
    broken += is_broken;
    for (const auto& [user, events] : one.users) {
      std::string ours, theirs;
      bool was_locked = false, has_file = false;
      std::optional<Model> model;
      if (!is_broken) model.emplace(one.settings, user);
      for (const Event& event : events) {
        ASSERT_LT(at, answers->size());
        const test::PamHost::Answer& real = (*answers)[at++];
        const std::string when =
            std::string(1, event.call) + std::to_string(event.time - kStart) + ":";
        int code = kBroken;
        if (model)
          code = event.call == 'f'   ? model->fail(event.time)
                 : event.call == 'a' ? model->ask(event.time)
                                     : model->succeed(event.time);
        ours += when + std::to_string(code);
        theirs += when + std::to_string(real.code);
        if (model && event.call == 'a' && code == kLocked && !is_on(one.settings, "silent"))
          ours += " told";
        if (real.has("say ")) theirs += " told";
        if (model && event.call == 'f' && code == kIgnored && model->locks() &&
            !is_on(one.settings, "no_log_info"))
          ours += " logged";
        if (real.has("log pam_faillock(f:auth): Consecutive")) theirs += " logged";
        if (code != 0 && model && !is_on(one.settings, "nodelay")) ours += " waits";
        if (real.has("delay")) theirs += " waits";
        ours += "\n";
        theirs += "\n";
        has_file |= event.call == 'f' && code == kIgnored;
        unlocked += was_locked && code == 0 && event.call == 'a';
        was_locked |= code == kLocked;
      }
      locked += was_locked;
      exempt += !was_locked && user == "root";
      EXPECT_EQ(ours, theirs) << user << " " << shown;
      if (is_broken) continue;
      const bool can_be = !one.settings.at("pam_faillock.dir").starts_with("/run/none/");
      EXPECT_EQ(!(*answers)[at++].notes.empty(), has_file && can_be) << user << " " << shown;
    }
    const test::PamHost::Answer& nobody = (*answers)[at++];
    if (!is_broken) {
      EXPECT_EQ(nobody.has("log pam_faillock(a:auth): User unknown: nosuch"),
                is_on(one.settings, "audit"))
          << shown;
    }
  }
  EXPECT_EQ(at, answers->size());
  EXPECT_GE(locked, 500);
  EXPECT_GE(unlocked, 300);
  EXPECT_GE(exempt, 100);
  EXPECT_GE(broken, 20);
}

}  // namespace
}  // namespace drydock
