// The same tmpfiles.d to drydock and to systemd-tmpfiles(8), which makes what they say below a directory: what is made
// there must have the mode of the line that is used.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kPaths = 600;

std::string line(test::Random& random, int i) {
  const std::string path = "/x/p" + std::to_string(i);
  if (random.one_in(12)) return random.pick({"# ", " # ", ";"}) + "d " + path + " 0700\n";
  const std::string type = random.pick({"d", "d", "f", "f+", "D", "d!", "f-", "d=", "q", "F", "?"});
  const std::string blank = random.pick({" ", "\t", "  "});
  std::string out = random.pick({"", "", " "}) + type + blank;
  out += random.one_in(6) ? "\"" + path + "\"" : random.one_in(12) ? "'" + path + "'" : path;
  out += blank + random.pick({"0755", "0700", "755", "1777", "02750", "~0644", ":0711", "-", "0600",
                              "\"0750\"", "00640", "999", "0", "7777", "10000"});
  if (random.one_in(2))
    out += blank + random.pick({"-", "root", "0"}) + blank + random.pick({"-", "root", "0"});
  return out + random.pick({"\n", "\n", " \n", "\r\n"});
}

TEST(TmpfilesDifferential, MakesWhatTheLinesSay) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  auto tree = std::make_shared<MemoryTree>();
  test::Random random(3);
  std::map<std::string, std::string> files;
  for (int i = 0; i < kPaths; ++i)
    for (int n = random.one_in(3) ? 2 : 1; n > 0; --n) {
      const std::string name = random.pick({"a.conf", "b.conf", "z.conf", "10-x.conf", "no.txt"});
      files[random.pick({"etc", "etc", "run", "usr/lib"}) + ("/tmpfiles.d/" + name)] +=
          line(random, i);
    }
  for (const auto& [path, text] : files) tree->file(path, text);
  tree->file("etc/passwd", "root:x:0:0::/:/bin/sh\n").file("etc/group", "root:x:0:\n");
  test::write_tree(*tree, scratch.path());
  test::ask("mkdir " + scratch.path() + "/x");
  const auto made = test::ask(
      "unshare -r sh -c 'umask 022; systemd-tmpfiles --create --boot --root=" + scratch.path() +
      "; cd " + scratch.path() + "/x && stat -c \"%n %a\" p*'");
  if (!made || made->find("p1") == std::string::npos)
    GTEST_SKIP() << "systemd-tmpfiles is not installed, or there are no namespaces";
  std::map<std::string, std::string> theirs;
  std::istringstream in(*made);
  for (std::string name, mode; in >> name >> mode;) theirs["/x/" + name] = mode;
  std::map<std::string, std::string> ours;
  const test::FewFacts facts(tree, {"tmpfiles"}, {"tmpfiles_line"});
  for (const auto& row : facts.rows("SELECT path, printf('%o', mode), type, mode IS NULL FROM "
                                    "tmpfiles_line WHERE is_used"))
    ours[*row[0]] = row[3] == "0"                                     ? *row[1]
                    : row[2] == "d" || row[2] == "D" || row[2] == "q" ? "755"
                                                                      : "644";
  std::string all;
  for (const auto& [path, text] : files) all += "== " + path + "\n" + text;
  const auto lines_of = [&](const std::string& path) {
    std::string out, file;
    std::istringstream lines(all);
    for (std::string one; std::getline(lines, one);) {
      if (one.starts_with("== ")) file = one;
      const size_t at = one.find(path);
      if (at != std::string::npos && !isdigit(one[at + path.size()]))
        out += file + ": " + one + "\n";
    }
    return out;
  };
  for (int i = 0; i < kPaths; ++i) {
    const std::string path = "/x/p" + std::to_string(i);
    EXPECT_EQ(ours.contains(path) ? ours[path] : "none",
              theirs.contains(path) ? theirs[path] : "none")
        << lines_of(path);
  }
  EXPECT_GT(theirs.size(), size_t{200});
}

}  // namespace
}  // namespace drydock
