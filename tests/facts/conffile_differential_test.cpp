// The same tree to drydock and to `dpkg --verify`: which configuration files differ from what their package shipped,
// and which are gone? One tree with a package for each case.
//
// Left out: a package of which only configuration files are left (nobody's settings), one that was never configured
// (its new files have no checksum yet), a file that is in md5sums, too (dpkg --verify believes that one; what dpkg
// itself asks about at an upgrade is the checksum of its status), and a file that the package's list lacks.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

constexpr const char* kMd5OfA = "0cc175b9c0f1b6a831c399e269772661";  // md5sum(1) of "a"
constexpr int kPackages = 240;

TEST(ConffileDifferential, DpkgVerifiesTheSame) {
  if (const auto version = test::ask("dpkg --version");
      !version || version->find("1.") == std::string::npos)
    GTEST_SKIP() << "dpkg is not installed";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  auto tree = std::make_shared<MemoryTree>();
  std::string status, diversions;
  std::map<std::string, std::string> lists;
  std::set<std::string> moved;
  test::Random random(71);
  const auto file = [&](const std::string& path, const std::string& text) {
    scratch.write(path, text);
    tree->file(path, text);
  };
  const auto link = [&](const std::string& path, const std::string& target) {
    std::filesystem::create_directories(
        std::filesystem::path(scratch.path() + "/" + path).parent_path());
    std::filesystem::create_symlink(target, scratch.path() + "/" + path);
    tree->symlink(path, target);
  };
  for (int i = 0; i < kPackages; ++i) {
    const std::string package = "p" + std::to_string(i);
    std::string path = "etc/" + random.pick({"", "d/", "init.d/", "a b/"}) + package +
                       random.pick({"", ".conf", "\\x", "-\xc3\xa4"});
    std::string what = random.pick(
        {"installed", "installed", "installed", "unpacked", "half-configured", "half-installed"});
    status += "Package: " + package +
              "\nStatus: " + random.pick({"install", "install", "hold", "deinstall"}) + " ok " +
              what + "\nArchitecture: all\nVersion: 1\nMaintainer: a\nConffiles:\n /" + path + " " +
              kMd5OfA + random.pick({"", "", "", " remove-on-upgrade"}) + "\nDescription: x\n\n";
    lists[package] = "/.\n/etc\n/" + path + "\n";
    // Diverted by another package, by itself, by the administrator.
    std::string at = path;
    if (random.one_in(4)) {
      const std::string by = random.pick({"other", "self", ":"});
      const std::string to = path + random.pick({".distrib", ".real"});
      diversions += "/" + path + "\n/" + to + "\n" + (by == "self" ? package : by) + "\n";
      if (by != "self") {
        if (random.one_in(2)) file(path, "the other's");
        at = to;
        moved.insert(to);
      }
    }
    const int kind = random.below(8);
    if (kind == 0) continue;  // it is gone
    if (kind == 1) {
      link(at, "nothing");
    } else if (kind == 2) {
      file("etc/targets/" + package, random.pick({"a", "b"}));
      link(at,
           std::string(at.find('/', 4) == std::string::npos ? "" : "../") + "targets/" + package);
    } else {
      file(at, random.pick({"a", "a", "b", "a\n", "", "A", "a "}));
    }
  }
  file("var/lib/dpkg/status", status);
  file("var/lib/dpkg/diversions", diversions);
  for (const auto& [package, list] : lists) {
    file("var/lib/dpkg/info/" + package + ".list", list);
    scratch.write("var/lib/dpkg/info/" + package + ".md5sums", "");
  }
  const auto said = test::ask("dpkg --root=" + scratch.path() + " --verify 2>&1");
  ASSERT_TRUE(said);
  std::map<std::string, std::string> theirs;
  std::istringstream lines(*said);
  for (std::string line; std::getline(lines, line);) {
    ASSERT_GT(line.size(), 13u) << line;
    const size_t path = line.find('/', 10);
    ASSERT_NE(path, std::string::npos) << line;
    // Of a link it says that it is no file of the right mode; to nothing, that is all.
    if (!line.starts_with("missing") && line[2] != '5') continue;
    theirs[line.substr(path + 1)] = line.starts_with("missing") ? "missing" : "changed";
  }
  const test::FewFacts facts(tree, {"conffile", "package"}, {"conffile"});
  std::map<std::string, std::string> ours;
  size_t unchanged = 0;
  for (const auto& row : facts.rows("SELECT path, state FROM conffile")) {
    // Of a diverted one dpkg says only whether it is there.
    if (row[1] == "unchanged" || row[1] == "unread" ||
        (row[1] == "changed" && moved.contains(*row[0])))
      ++unchanged;
    else
      ours[*row[0]] = *row[1];
  }
  EXPECT_EQ(ours, theirs);
  EXPECT_EQ(unchanged + ours.size(), static_cast<size_t>(kPackages));
  EXPECT_GT(unchanged, 30u);
  EXPECT_GT(ours.size(), 80u);
}

}  // namespace
}  // namespace drydock
