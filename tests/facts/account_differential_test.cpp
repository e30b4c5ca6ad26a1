// The same accounts to drydock and to passwd(1) and chage(1) themselves.
#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <map>
#include <random>
#include <sstream>

#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  void add(int i) {
    const std::string name = "u" + std::to_string(i);
    passwd += name + ":x:" + std::to_string(2000 + i) + ":100::/home/" + name + ":/bin/sh\n";
    shadow += name + ":" +
              pick({"$y$j9T$abc$def", "$6$salt$hash", "$1$a$b", "!$6$a$b", "!", "*", "!!", "!*", "",
                    ""}) +
              ":" + pick({"19000", "18000", "0", "", "20000"}) + ":" + pick({"0", "7", "", "1"}) +
              ":" + pick({"99999", "365", "", "90", "0", "10000", "9999"}) + ":" +
              pick({"7", "", "14"}) + ":" + pick({"", "30", "0"}) + ":" + pick({"", "20500"}) +
              ":\n";
  }
  std::string passwd, shadow;

 private:
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }
  std::mt19937 random_;
};

// passwd(1) -R needs chroot(2): as somebody else than root, in a user namespace.
std::string as_root(const std::string& command) {
  return "if [ $(id -u) -eq 0 ]; then " + command + "; else unshare --map-root-user " + command +
         "; fi 2>/dev/null";
}

std::string date(int64_t day, const char* format) {
  const std::time_t seconds = day * 86400;
  std::tm when{};
  gmtime_r(&seconds, &when);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &when));
}

TEST(AccountDifferential, StatesAndAgesAreThoseOfPasswdAndChage) {
  Generator generator(7);
  // passwd looks its caller up.
  generator.passwd = "root:x:0:0::/root:/bin/sh\n";
  generator.shadow = "root:*:19000:0:99999:7:::\n";
  constexpr int kAccounts = 250;
  for (int i = 0; i < kAccounts; ++i) generator.add(i);
  const test::ScratchDirectory scratch;
  scratch.write("etc/passwd", generator.passwd);
  scratch.write("etc/shadow", generator.shadow);
  const auto real =
      test::ask(as_root("env LC_ALL=C TZ=UTC passwd -R " + scratch.path() + " -S -a"));
  if (!real || real->find("u0 ") == std::string::npos)
    GTEST_SKIP() << "passwd -R -S -a does not work here (Debian package: passwd)";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", generator.passwd).file("etc/shadow", generator.shadow);
  std::istringstream rows(
      test::facts(tree,
                  "SELECT name, password_state, coalesce(last_change, -1), coalesce(min_days, -1), "
                  "coalesce(max_days, -1), coalesce(warn_days, -1), coalesce(inactive_days, -1), "
                  "coalesce(password_expires, -1) FROM account WHERE uid > 0 ORDER BY uid"));
  // "name P 2022-01-08 0 99999 7 -1"
  std::map<std::string, std::string> wanted;
  std::istringstream lines(*real);
  for (std::string line; std::getline(lines, line);) wanted[line.substr(0, line.find(' '))] = line;
  int compared = 0;
  std::map<std::string, int64_t> expires;
  for (std::string row; std::getline(rows, row);) {
    std::istringstream words(row);
    std::string name, bar, state;
    int64_t last = 0, min = 0, max = 0, warn = 0, inactive = 0, expiry = 0;
    words >> name >> bar >> state >> bar >> last >> bar >> min >> bar >> max >> bar >> warn >>
        bar >> inactive >> bar >> expiry;
    const std::string shown = state == "set" ? "P" : state == "empty" ? "NP" : "L";
    std::istringstream real_words(wanted[name]);
    std::string real_name, real_state, real_date, rest;
    real_words >> real_name >> real_state >> real_date;
    std::getline(real_words, rest);
    EXPECT_EQ(shown, real_state) << row << "\n" << wanted[name];
    if (last >= 0) {
      EXPECT_TRUE(real_date == date(last, "%Y-%m-%d") || real_date == date(last, "%m/%d/%Y"))
          << row << "\n"
          << wanted[name];
    }
    EXPECT_EQ(" " + std::to_string(min) + " " + std::to_string(max) + " " + std::to_string(warn) +
                  " " + std::to_string(inactive),
              rest)
        << row;
    expires[name] = expiry;
    ++compared;
  }
  EXPECT_EQ(compared, kAccounts);

  // chage(1) -l says when the password expires, an account a process.
  const auto aging = test::ask(
      as_root("env LC_ALL=C TZ=UTC sh -c 'i=0; while [ $i -lt " + std::to_string(kAccounts) +
              " ]; do echo \"== $(chage -R " + scratch.path() +
              " -i -l u$i | grep \"^Password expires\")\"; i=$((i+1)); done'"));
  std::istringstream ages(aging.value_or(""));
  int told = 0;
  for (int i = 0; i < kAccounts; ++i) {
    std::string line;
    std::getline(ages, line);
    const size_t at = line.find(": ");
    if (at == std::string::npos) continue;
    ++told;
    const std::string name = "u" + std::to_string(i), value = line.substr(at + 2);
    EXPECT_EQ(value == "never" || value == "password must be changed" ? "-1" : value,
              expires[name] < 0 ? "-1" : date(expires[name], "%Y-%m-%d"))
        << name << " " << line << "\n"
        << generator.shadow;
  }
  EXPECT_TRUE(told == 0 || told >= kAccounts - 10) << told;
}

}  // namespace
}  // namespace drydock
