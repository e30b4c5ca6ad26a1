// The order of package versions against the package managers themselves.
#include "analyzer/base/package_version.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/oracle.h"

namespace drydock {
namespace {

using Pair = std::pair<std::string, std::string>;

// Each is older than all that follow it.
void expect_ascending(VersionOrder order, const std::vector<std::string>& versions) {
  for (size_t i = 0; i < versions.size(); ++i)
    for (size_t k = 0; k < versions.size(); ++k)
      EXPECT_EQ(compare_versions(order, versions[i], versions[k]), (i > k) - (i < k))
          << versions[i] << " against " << versions[k];
}

// What packagers write, and what only differs from it by a little: `letters` are the characters of
// the order that mean something.
std::vector<Pair> pairs(std::string_view letters, size_t count) {
  std::mt19937 random(20261122);
  const auto version = [&] {
    std::string text;
    const size_t length = 1 + random() % 9;
    for (size_t i = 0; i < length; ++i) text += letters[random() % letters.size()];
    return text;
  };
  const char* const fixed[] = {"1.0",           "1.0-1",   "1.0-1~bpo12+1", "1.0-1+deb12u1",
                               "1:1.0-1",       "0:1.0-1", "1.0~rc1-1",     "1.0-1.el9_4.2",
                               "1.0^git1-1",    "1.00-01", "1.0-0",         "10.0-1",
                               "2.9.14+dfsg-1", "1.0a-1",  "1.0.a-1",       "1.0-1ubuntu1",
                               "001.0-1",       "1.0+b1",  "5.10.0-1kali1", "20240101-1"};
  std::vector<Pair> out;
  for (const char* a : fixed)
    for (const char* b : fixed) out.emplace_back(a, b);
  while (out.size() < count) {
    std::string a = version();
    std::string b = random() % 3 ? a : version();
    // Most pairs have a common beginning, where the orders differ.
    if (a == b) b.insert(random() % (b.size() + 1), 1, letters[random() % letters.size()]);
    out.emplace_back(std::move(a), std::move(b));
  }
  return out;
}

std::string lines_of(const std::vector<Pair>& list) {
  std::string out;
  for (const auto& [a, b] : list) out += a + " " + b + "\n";
  return out;
}

std::string answers(VersionOrder order, const std::vector<Pair>& list) {
  std::string out;
  for (const auto& [a, b] : list)
    out += a + " " + b + " " + std::to_string(compare_versions(order, a, b)) + "\n";
  return out;
}

TEST(PackageVersion, DpkgItselfAgrees) {
  if (!test::ask("dpkg --version")) GTEST_SKIP() << "dpkg is not installed";
  std::vector<Pair> list;
  // Versions begin with a digit and have no empty part: dpkg refuses others.
  for (auto& [a, b] : pairs("0019ab.+~-", 600)) list.emplace_back("1" + a + "0", "1" + b + "0");
  test::ScratchDirectory directory;
  const std::string file = directory.write("pairs", lines_of(list));
  const auto said = test::ask(
      "while read -r a b; do if dpkg --compare-versions \"$a\" lt \"$b\"; then r=-1; "
      "elif dpkg --compare-versions \"$a\" eq \"$b\"; then r=0; else r=1; fi; echo \"$a $b $r\"; "
      "done < " +
      file);
  EXPECT_EQ(answers(VersionOrder::dpkg, list), said);
}

TEST(PackageVersion, RpmItselfAgrees) {
  const char* set = std::getenv("DRYDOCK_RPM");
  const std::string rpm = set ? set : "rpm";
  if (!test::ask(rpm + " --version")) GTEST_SKIP() << "rpm is not installed";
  const std::vector<Pair> list = pairs("0019abA.+~^_", 3000);
  test::ScratchDirectory directory;
  const std::string file = directory.write("pairs", lines_of(list));
  const auto said =
      test::ask(rpm + " --eval '%{lua: for line in io.lines(\"" + file +
                "\") do local a, b = line:match(\"(%S+) (%S+)\"); "
                "print(a .. \" \" .. b .. \" \" .. tostring(rpm.vercmp(a, b)) .. \"\\n\") end}'");
  // --eval ends with a line of its own.
  EXPECT_EQ(answers(VersionOrder::rpm, list) + "\n", said);
}

// apk-package(5), "version": "number{.number}...{letter}{_suffix{number}}...{~hash}{-r#}", the
// suffixes in the order "alpha, beta, pre, rc, <no suffix>, cvs, svn, git, hg, p".
TEST(PackageVersion, ApkFollowsItsManual) {
  expect_ascending(VersionOrder::apk, {"0",
                                       "0.1_alpha",
                                       "0.1_alpha1",
                                       "0.1_alpha2",
                                       "0.1_beta",
                                       "0.1_pre",
                                       "0.1_rc9",
                                       "0.1_rc10",
                                       "0.1",
                                       "0.1-r0",
                                       "0.1-r1",
                                       "0.1-r10",
                                       "0.1~1234",
                                       "0.1~1234-r1",
                                       "0.1~2345-r0",
                                       "0.1_cvs",
                                       "0.1_svn",
                                       "0.1_git20240101",
                                       "0.1_hg",
                                       "0.1_p",
                                       "0.1_p1_rc1",
                                       "0.1_p1",
                                       "0.1_p1_p1",
                                       "0.1_p2",
                                       "0.1a",
                                       "0.1a-r1",
                                       "0.1b_p1",
                                       "0.1.0",
                                       "0.1.001",
                                       "0.1.0015",
                                       "0.1.002",
                                       "0.1.1",
                                       "0.2",
                                       "0.10",
                                       "1.02",
                                       "1.1",
                                       "1.9",
                                       "1.10",
                                       "02",
                                       "2.0",
                                       "10",
                                       "20050718",
                                       "99999999999999999999"});
}

TEST(PackageVersion, NamesOfManagers) {
  EXPECT_EQ(version_order("dpkg"), VersionOrder::dpkg);
  EXPECT_EQ(version_order("rpm"), VersionOrder::rpm);
  EXPECT_EQ(version_order("apk"), VersionOrder::apk);
  EXPECT_EQ(version_order("pip"), std::nullopt);
}

}  // namespace
}  // namespace drydock
