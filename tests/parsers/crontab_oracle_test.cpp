// The same crontabs to the parser and to crontab(1) of Debian's cron, which checks one without installing it (-n):
// which are refused. In namespaces of its own, for it makes its spool directory on the way.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "parsers/crontab.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock::parsers::crontab {
namespace {

constexpr int kFiles = 240;

std::string field(test::Random& random, int number) {
  static constexpr int kHigh[] = {59, 23, 31, 12, 7};
  const auto value = [&] {
    if (random.one_in(25)) return random.pick({"60", "24", "32", "13", "8", "-1", "x", "", "0"});
    if (number >= 3 && random.one_in(3))
      return number == 3 ? random.pick({"jan", "DEC", "may"}) : random.pick({"mon", "Sun", "sat"});
    return std::to_string(1 + random.below(kHigh[number] - 1));
  };
  std::string out;
  for (int n = random.one_in(4) ? 2 : 1; n > 0; --n) {
    switch (random.below(5)) {
      case 0:
      case 1:
        out += "*";
        break;
      case 2:
        out += value() + "-" + value();
        break;
      default:
        out += value();
    }
    if (random.one_in(40)) out += random.pick({";x", "/2", "~9", "x", "."});
    if (out.back() == '*' && random.one_in(3))
      out += "/" + random.pick({"2", "15", "2", "5", "0", "x"});
    if (n > 1) out += ",";
  }
  return out;
}

std::string file(unsigned seed) {
  test::Random random(seed);
  std::string out;
  for (int lines = 1 + random.below(2); lines > 0; --lines) {
    if (random.one_in(4))
      out += random.pick({"# note\n", "\n", "  \n", "PATH=/bin\n", "X = 'a b'\n", "\"A B\" = c\n"});
    if (random.one_in(6)) {
      out += random.pick({"@reboot x\n", "@daily  x\n", "@sometimes x\n", "@Hourly x\n",
                          "@midnight x y\n", "@reboot\n"});
      continue;
    }
    out += random.pick({"", "", " ", "\t"});
    for (int i = 0; i < 5; ++i) out += field(random, i) + random.pick({" ", "\t", "  "});
    out += random.pick({"/bin/x", "echo a%b", "x y z", ""}) + "\n";
  }
  return out;
}

TEST(CrontabOracle, CronRefusesTheSame) {
  const char* const set = std::getenv("DRYDOCK_CRONTAB");
  const test::ScratchDirectory scratch;
  for (int i = 0; i < kFiles; ++i) scratch.write(std::to_string(i), file(static_cast<unsigned>(i)));
  const std::string script =
      scratch.write("ask",
                    "mount -t tmpfs none /var/spool || exit\nmkdir -p /var/spool/cron/crontabs\n"
                    "i=0; while [ $i -lt " +
                        std::to_string(kFiles) + " ]; do " + (set ? set : "crontab") + " -n " +
                        scratch.path() + "/$i >/dev/null 2>&1; echo $?; i=$((i+1)); done\n");
  const auto answer = test::ask("unshare -rm sh " + script);
  if (!answer || answer->find("0\n") == std::string::npos ||
      answer->find("127") != std::string::npos)
    GTEST_SKIP() << "crontab of cron is not installed, or may not be run in a namespace of its own";
  std::istringstream in(*answer);
  int refused = 0;
  for (int i = 0; i < kFiles; ++i) {
    int status = 0;
    in >> status;
    refused += status != 0;
    const std::string text = file(static_cast<unsigned>(i));
    const File ours = parse(text, false);
    const bool is_refused = std::ranges::any_of(
        ours.errors, [](const SyntaxError& error) { return error.effect == Effect::refused; });
    EXPECT_EQ(is_refused, status != 0) << text;
  }
  EXPECT_GT(refused, 30);
  EXPECT_LT(refused, kFiles * 2 / 3);
}

}  // namespace
}  // namespace drydock::parsers::crontab
