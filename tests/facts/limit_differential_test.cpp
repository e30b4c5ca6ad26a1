// The same limits to drydock and to pam_limits.so itself, which opens sessions for several users.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using namespace std::string_literals;

constexpr std::string_view kUsers[] = {"root", "toor", "ann", "bob", "eve", "100"};
constexpr std::string_view kPasswd =
    "root:x:0:0::/root:/bin/sh\ntoor:x:0:100::/root:/bin/sh\nann:x:1000:1000::/:/bin/sh\n"
    "bob:x:1001:100::/:/bin/sh\neve:x:2000:50::/:/bin/sh\n100:x:100:100::/:/bin/sh\n";
constexpr std::string_view kGroup =
    "root:x:0:bob\nann:x:1000:\nusers:x:100:ann\ndev:x:50:bob,root\nops:x:51:toor,eve\n"
    "same:x:50:ann\n100:x:2000:eve\n";

struct Case {
  std::string main;
  std::map<std::string, std::string> more;  // other files below /etc
  std::string arguments = "";
};

std::string line(test::Random& random) {
  if (random.one_in(20))
    return random.pick({"# * hard core 0\n", "\n", "* hard core\n", "* hard\n", "ann\n", "* -x\n",
                        "@: - core 0\n", "100:x - core 0\n", "x:100 - core 0\n", ": - core 0\n",
                        "bob - # none\n", "\t\n", "* hard # core 0\n"});
  if (random.one_in(16))
    return random.pick({"root", "toor", "ann", "bob", "@users", "@same", "*", "1001:", ":2000",
                        "@:50", "@0:60", "%", "%dev", "%:50", "@nosuch", "0:0", "-"}) +
           random.pick({" -\n", "\t-  \n", " - # x\n", " -y\n", " soft\n"});
  const std::string domain = random.pick(
      {"*",     "*",         "*",     "root",   "toor", "ann",         "bob",    "eve",
       "100",   "@users",    "@dev",  "@same",  "@ops", "@root",       "@100",   "@nosuch",
       "1000:", "1000:1001", ":1001", "0:0",    ":0",   "0:",          "@100:",  "@0:60",
       "@:50",  "@:2000",    "%",     "%users", "%:51", "%dev",        "1:0",    "@1000:1000",
       "Ann",   "+5:",       "-1:",   "%50:",   "@:0",  "4294967296:", "1001: ", "@"});
  const std::string item =
      random.pick({"core",     "core",      "nofile",       "nproc",    "cpu",        "as",
                   "nice",     "maxlogins", "maxsyslogins", "priority", "nonewprivs", "memlock",
                   "msgqueue", "maxlogins", "CORE",         "cores",    "rtprio",     "sigpending",
                   "msgqueue", "data",      "locks",        "stack",    "rss",        "fsize"});
  const std::string value = random.pick({"0",
                                         "1",
                                         "10",
                                         "100",
                                         "4",
                                         "-1",
                                         "unlimited",
                                         "infinity",
                                         "-",
                                         "Unlimited",
                                         "5k",
                                         "0x10",
                                         "010",
                                         "-5",
                                         "+7",
                                         "x",
                                         "19",
                                         "-20",
                                         "25",
                                         "-30",
                                         "3.5",
                                         "18014398509481983",
                                         "18014398509481984",
                                         "99999999999999999999",
                                         "4294967297",
                                         "307445734561825860",
                                         "2147483648",
                                         "007"});
  const std::string space = random.pick({" ", " ", "\t", "  ", " \v", "\f"});
  return random.pick({"", "", "", " ", "\t"}) + domain + space +
         random.pick({"hard", "soft", "-", "hard", "soft", "-", "HARD", "both", "softer"}) + space +
         item + space + value +
         random.pick({"\n", "\n", "\n", " # why\n", " more\n", "#x\n", "\r\n"});
}

Case generated(unsigned seed) {
  test::Random random(seed);
  Case out;
  const int files = random.below(4);
  for (int i = random.below(8); i >= 0; --i) out.main += line(random);
  for (int i = 0; i < files; ++i) {
    std::string& text =
        out.more["security/limits.d/" + random.pick({"10-a.conf", "20.conf", "B.conf", "a.conf",
                                                     "a.conf~", "x", ".h.conf", "9.conf"})];
    for (int j = random.below(5); j >= 0; --j) text += line(random);
  }
  if (random.one_in(4)) {
    std::string& text = out.more["security/other.conf"];
    for (int j = random.below(6); j >= 0; --j) text += line(random);
    out.arguments = random.pick({" conf=/etc/security/other.conf", " conf=/etc/security/other.conf",
                                 " conf=/etc/security/none conf=/etc/security/other.conf",
                                 " conf=/etc/security/../security/other.conf",
                                 " conf=/etc/security/limits.conf", " conf=/etc/security/none",
                                 " conf=/etc/security/limits.d/a.conf", " conf="});
  }
  // Left out: utmp_early, with which the session that is opened is not counted.
  if (random.one_in(5))
    out.arguments += random.pick({" noaudit", " set_all", " debug", " change_uid", " nosuch"});
  return out;
}

// What limits.conf(5) and pam_limits(8) warn of.
std::vector<Case> by_hand() {
  return {
      {"", {}},
      {"* hard core 0\n", {}},
      {"* hard core 0\n", {{"security/limits.d/a.conf", "* - core unlimited\n"}}},
      {"ann - core 5\n* - core 0\n@users - core 3\n", {}},
      {"@users - core 3\n@same - core 4\n", {}},
      {"1000: - core 3\nann - core 4\n", {}},
      {"ann - core 4\n1000: - core 3\n", {}},
      {"* - core 4\nann -\n", {{"security/limits.d/a.conf", "ann - core 1\n"}}},
      {"* - core 4\n", {{"security/limits.d/a.conf", "@users -\n"}}},
      {"% - maxlogins 4\n* - maxlogins 3\n", {}},
      {"* - maxlogins 3\n%users - maxlogins 7\n", {}},
      {"* - maxsyslogins 3\nann - maxlogins 7\n", {}},
      {"ann - maxlogins 7\n* - maxsyslogins 3\n", {}},
      {"* - maxlogins 0\nroot - maxlogins 1\n", {}},
      {"* hard nofile 100\n* soft nofile 200\n", {}},
      {"* soft nice 5\n* hard nice 10\nann hard nice -5\n", {}},
      {"* soft core 1\nann - core\nann - core 0", {}},
      {"* hard core 0\n", {{"security/o", "* hard core 5\n"}}, " conf=/etc/security/o"},
      {"* hard core 0\n",
       {{"security/limits.d/a.conf", "* hard core 4\n"}},
       " conf=/etc/security/limits.conf"},
      {"* hard core 0\n", {}, " conf=/etc/security/o"},
      {"* hard core 0\n", {}, " conf=/etc/security"},
      // fgets(3) into 1024 bytes: what is behind them is a line of its own.
      {"* hard core 5 #" + std::string(1008, 'x') + "\n", {}},
      {"* hard core 5" + std::string(1010, ' ') + "* hard core 7\n", {}},
      {std::string(1015, ' ') + "* hard core 7\n", {}},
      {std::string(1010, ' ') + "* hard core 7\n", {}},
      {std::string(1022, ' ') + "\n* hard core 7\n", {}},
      {std::string(1023, ' ') + "\n* hard core 7\n", {}},
      {"#" + std::string(1022, 'x') + "* hard core 7\n", {}},
      {"#" + std::string(2045, 'x') + "* hard core 7\n", {}},
      {"#" + std::string(2046, 'x') + "* hard core 7\n* hard cpu 1\n", {}},
      {"* hard core 5\0 6\n* hard cpu 5\n"s, {}},
      {"* hard core 5\0"s, {}},
      {"\0* hard core 5\n* hard cpu 5\n"s, {}},
      {"* hard core 0x10\n* hard cpu -1\n* hard nofile infinity\n* hard as -2\n", {}},
      {"1000:1001 hard core 1\n@100:100 hard cpu 2\n%users - maxlogins 3\n", {}},
  };
}

uint64_t in_units(const std::string& item, const std::string& value, uint64_t most_files) {
  if (value == "unlimited") return item == "nofile" ? most_files : UINT64_MAX;
  if (item == "nice") return static_cast<uint64_t>(20 - std::stoi(value));
  const uint64_t number = std::stoull(value);
  if (item == "cpu") return number * 60;
  for (const std::string_view one : {"core", "data", "fsize", "memlock", "rss", "stack", "as"})
    if (item == one) return number * 1024;
  return number;
}

uint64_t number(const std::string& text) {
  return text == "unlimited" ? UINT64_MAX : std::stoull(text);
}

// What one session set: item, or "logins", "session" and others, to its values.
using Session = std::map<std::string, std::vector<std::string>>;

// A session by our rows, where pam_limits by itself sets `own`.
Session expected(const std::vector<facts::Store::Row>& rows, const std::string& user,
                 const Session& own, bool is_root, uint64_t most_files) {
  Session out = own;
  std::map<std::string, std::map<std::string, std::string>> set;  // item, type
  for (const auto& row : rows)
    if (row[0] == user) set[*row[1]][*row[2]] = row[3].value_or("");
  if (set.contains("-")) return {{"session", {"0"}}};
  for (const auto& [item, types] : set) {
    const auto of = [&](const char* type) { return types.contains(type) ? types.at(type) : ""; };
    if (item == "maxlogins" || item == "maxsyslogins") {
      const std::string value = of("-");
      if (is_root || value == "unlimited" || value.starts_with('-')) continue;
      // The stand-in ends at the 201st.
      const int64_t most = std::stoll(value);
      if (most > 0) out["logins"] = {std::to_string(std::min<int64_t>(most, 201))};
      if (most <= 200) out["session"] = {"6"};
    } else if (item == "priority") {
      if (of("-") != "0") out[item] = {of("-")};
    } else if (item == "nonewprivs") {
      if (of("-") == "1") out[item] = {"1"};
    } else {
      uint64_t soft = number(own.at(item)[0]), hard = number(own.at(item)[1]);
      if (types.contains("hard")) hard = in_units(item, of("hard"), most_files);
      if (types.contains("soft")) {
        soft = in_units(item, of("soft"), most_files);
        // The row says already that it is cut.
        EXPECT_TRUE(!types.contains("hard") || soft <= hard) << item;
      }
      soft = std::min(soft, hard);
      const auto text = [](uint64_t value) {
        return value == UINT64_MAX ? std::string("unlimited") : std::to_string(value);
      };
      out[item] = {text(soft), text(hard)};
    }
  }
  return out;
}

std::string shown(const Session& session) {
  std::string out;
  for (const auto& [item, values] : session) {
    out += item;
    for (const std::string& value : values) out += " " + value;
    out += "\n";
  }
  return out;
}

// What `a` has and `b` has not, or has otherwise.
std::string less(const Session& a, const Session& b) {
  Session out;
  for (const auto& [item, values] : a)
    if (!b.contains(item) || b.at(item) != values) out[item] = values;
  return shown(out);
}

TEST(LimitDifferential, SessionsHaveTheLimitsThatPamLimitsSets) {
  constexpr unsigned kGenerated = 400;
  std::vector<Case> cases = by_hand();
  for (unsigned seed = 1; seed <= kGenerated; ++seed) cases.push_back(generated(seed));
  test::PamHost host({{"passwd", std::string(kPasswd)},
                      {"group", std::string(kGroup)},
                      {"nsswitch.conf", "passwd: files\ngroup: files\n"}});
  std::vector<std::map<std::string, std::string>> files;  // of each case
  for (const Case& one : cases) {
    auto& etc = files.emplace_back(one.more);
    etc["security/limits.conf"] = one.main;
    etc["pam.d/limits"] = "session required pam_limits.so" + one.arguments + "\n";
    host.host(etc);
    for (const std::string_view user : kUsers) host.command({"session", "limits", user});
  }
  const auto said = host.ask();
  std::ifstream nr_open("/proc/sys/fs/nr_open");
  uint64_t most_files = 0;
  nr_open >> most_files;
  const auto no_limit = [&](const std::string& item) {
    return item == "nofile" ? std::to_string(most_files) : "unlimited";
  };
  std::vector<std::map<std::string, Session>> real(cases.size());
  for (size_t i = 0; said && i < said->size() && i < cases.size() * std::size(kUsers); ++i) {
    Session& session = real[i / std::size(kUsers)][std::string(kUsers[i % std::size(kUsers)])];
    for (const std::string& note : (*said)[i].notes) {
      std::istringstream words(note);
      std::string item, value;
      words >> item;
      if (item == "log" || item == "say" || item == "delay") continue;
      auto& values = session[item];
      values.clear();
      // strtoull(3) takes "-5" for a number with which nothing is limited.
      while (words >> value)
        values.push_back(value.size() == 20 && value > "18446744069414584320" ? no_limit(item)
                                                                              : value);
    }
    session["session"] = {std::to_string((*said)[i].code)};
  }
  // Debian's module sets what the first process has, so the answer to an empty file is where all start from.
  if (!said || !real[0]["ann"].contains("core"))
    GTEST_SKIP()
        << "pam_limits.so cannot be asked in a mount namespace here (Debian packages: libpam0g, "
           "libpam-modules)";
  ASSERT_EQ(said->size(), cases.size() * std::size(kUsers));
  int changed = 0, refused = 0, exempt = 0, compared = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/passwd", std::string(kPasswd)).file("etc/group", std::string(kGroup));
    std::string text;
    for (const auto& [file, content] : files[i]) {
      tree->file("etc/" + file, content);
      text += file + ":\n" + content;
    }
    const test::FewFacts facts(tree, {}, {"account_limit", "login_limit", "pam_file"});
    // A file that conf= names and that is not there: the session is refused.
    const bool fails =
        !facts.rows("SELECT 1 FROM pam_file WHERE fails AND state = 'absent'").empty();
    const auto rows = facts.rows(
        "SELECT account, item, type, value FROM account_limit WHERE services = 'limits'");
    for (const std::string_view name : kUsers) {
      const std::string user(name);
      const Session& theirs = real[i][user];
      const Session ours =
          fails ? Session{{"session", {"3"}}}
                : expected(rows, user, real[0][user], user == "root" || user == "toor", most_files);
      EXPECT_EQ(less(ours, theirs), less(theirs, ours)) << i << " " << user << "\n" << text;
      changed += shown(theirs) != shown(real[0][user]);
      refused += theirs.contains("session") && theirs.at("session")[0] != "0";
      exempt += theirs.size() == 1;
      ++compared;
    }
  }
  EXPECT_GE(compared, 2000);
  EXPECT_GE(changed, 1000);
  EXPECT_GE(refused, 150);
  EXPECT_GE(exempt, 30);
}

}  // namespace
}  // namespace drydock
