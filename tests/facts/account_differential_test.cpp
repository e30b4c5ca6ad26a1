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
                    "", "*LK*", "$gy$j9T$a$b", "$7$CU..../....a$b", "$2b$12$abc",
                    "_J9..rasmBYk8r9AiWNc", "U6aMy0wojraho", "$sha1$1$a$b", "$md5$a$b"}) +
              ":" + any({"19000", "18000", "0", "", "20000"}) + ":" + any({"0", "7", "", "1"}) +
              ":" + any({"99999", "365", "", "90", "0", "10000", "9999"}) + ":" +
              any({"7", "", "14"}) + ":" + any({"", "30", "0"}) + ":" + any({"", "20500"}) +
              pick({":\n", ":\n", ":\n", ":\n", ":\n", ":\n", ":9\n", ":x\n", "::\n", "\n"});
  }
  std::string passwd, shadow;

 private:
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }
  // Now and then something that is no number of days, or not what it seems.
  std::string any(const std::vector<std::string>& of) {
    return std::uniform_int_distribution<int>(0, 19)(random_) == 0
               ? pick({"-1", "-2", "4294967295", "4294967296", "2147483648", "2147483647", " 5",
                       "+5", "5 ", "x", "0x10", "010", "1e3", "100000"})
               : pick(of);
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
                  "coalesce(password_expires, -1), coalesce(expire, -1) FROM account WHERE uid > 0 "
                  "ORDER BY uid"));
  // "name P 2022-01-08 0 99999 7 -1"
  std::map<std::string, std::string> wanted;
  std::istringstream lines(*real);
  for (std::string line; std::getline(lines, line);) wanted[line.substr(0, line.find(' '))] = line;
  int compared = 0, missing = 0;
  std::map<std::string, std::string> aging;  // what chage(1) should say
  for (std::string row; std::getline(rows, row);) {
    std::istringstream words(row);
    std::string name, bar, state;
    int64_t last = 0, min = 0, max = 0, warn = 0, inactive = 0, expiry = 0, expire = 0;
    words >> name >> bar >> state >> bar >> last >> bar >> min >> bar >> max >> bar >> warn >>
        bar >> inactive >> bar >> expiry >> bar >> expire;
    std::istringstream real_words(wanted[name]);
    std::string real_name, real_state, real_date, rest;
    real_words >> real_name >> real_state >> real_date;
    std::getline(real_words, rest);
    ++compared;
    if (state == "missing") {  // a line that counts for nothing
      ++missing;
      EXPECT_EQ(real_date + rest, "") << row << "\n" << wanted[name];
      continue;
    }
    const std::string shown = state == "set" ? "P" : state == "empty" ? "NP" : "L";
    EXPECT_EQ(shown, real_state) << row << "\n" << wanted[name];
    if (last >= 0) {
      EXPECT_TRUE(real_date == date(last, "%Y-%m-%d") || real_date == date(last, "%m/%d/%Y"))
          << row << "\n"
          << wanted[name];
    } else {
      EXPECT_EQ(real_date, "never") << row;
    }
    EXPECT_EQ(" " + std::to_string(min) + " " + std::to_string(max) + " " + std::to_string(warn) +
                  " " + std::to_string(inactive),
              rest)
        << row;
    const auto day = [](int64_t number) { return number < 0 ? "never" : date(number, "%Y-%m-%d"); };
    const bool must = last == 0;
    aging[name] = (must ? "password must be changed" : day(last)) + ", " +
                  (must ? "password must be changed" : day(expiry)) + ", " +
                  (must                         ? "password must be changed"
                   : expiry < 0 || inactive < 0 ? "never"
                                                : day(expiry + inactive)) +
                  ", " + day(expire) + ", " + std::to_string(min) + ", " + std::to_string(max) +
                  ", " + std::to_string(warn) + ", ";
  }
  EXPECT_EQ(compared, kAccounts);
  EXPECT_GE(missing, 20);

  // chage(1) -l, an account a process.
  const auto said = test::ask(as_root(
      "env LC_ALL=C TZ=UTC sh -c 'i=0; while [ $i -lt " + std::to_string(kAccounts) +
      " ]; do echo \"== u$i\"; chage -R " + scratch.path() + " -i -l u$i; i=$((i+1)); done'"));
  std::istringstream ages(said.value_or(""));
  std::map<std::string, std::string> told;
  std::string name;
  for (std::string line; std::getline(ages, line);) {
    if (line.starts_with("== "))
      name = line.substr(3);
    else if (const size_t at = line.rfind(": "); at != std::string::npos)
      told[name] += line.substr(at + 2) + ", ";
  }
  for (const auto& [user, wanted_aging] : aging) {
    if (told.empty()) break;
    EXPECT_EQ(told[user], wanted_aging) << user << "\n" << wanted[user];
  }
  EXPECT_TRUE(told.empty() || told.size() >= kAccounts - 10) << told.size();
}

}  // namespace
}  // namespace drydock
