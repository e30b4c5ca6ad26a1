// The same issue to drydock and to agetty(8) --show-issue: which lines tell of the system, which files are shown?
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

TEST(BannerDifferential, TellsWhatAgettyTells) {
  test::Random random(3);
  std::vector<std::string> lines = {
      "\\m",       "\\\\m",  "\\\\\\r", "\\S",      "\\S{ID}", "\\S{id}", "\\S{PRETTY_NAME} x",
      "\\e{red}x", "\\q\\s", "\\v{x}",  "\\l{\\r}", "x\\",     "\\n",     "\\ r"};
  while (lines.size() < 260) {
    std::string line;
    for (int n = 1 + random.below(4); n > 0; --n)
      line += random.pick({"text ", "\\\\",  "\\\\m", "\\l",     "\\m", "\\r", "\\s",
                           "\\v",   "\\S",   "\\n",   "\\d",     "\\t", "\\q", "\\e{bold}",
                           "\\x",   "mrsv ", "{r}",   "\\S{ID}", "\\b", "\\ ", "\\{r}",
                           "\\%",   "\\R",   "\\M",   "-"});
    if (line.find_first_not_of(' ') == std::string::npos) continue;
    lines.push_back(line);
  }
  std::string issue;
  for (size_t i = 0; i < lines.size(); ++i)
    issue += "#" + std::to_string(i) + ":" + lines[i] + "\n";
  const test::ScratchDirectory scratch;
  scratch.write("issue", issue);
  // It asks its terminal what that can do.
  const auto said =
      test::ask("PATH=$PATH:/usr/sbin:/sbin timeout 10 script -qec 'agetty --show-issue -f " +
                scratch.path() + "/issue' /dev/null 2>/dev/null </dev/null");
  if (!said || said->find("#0:") == std::string::npos) GTEST_SKIP() << "agetty is not installed";
  const auto uname = [](const char* option) {
    std::string text = test::ask(std::string("uname ") + option).value_or("\n");
    text.pop_back();
    return text;
  };
  const std::vector<std::string> system = {
      uname("-s"),
      uname("-r"),
      uname("-v"),
      uname("-m"),
      uname("-n"),
      test::ask(". /etc/os-release; printf %s \"$ID\"").value_or("?"),
      test::ask(". /etc/os-release; printf %s \"$PRETTY_NAME\"").value_or("?")};
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/issue", issue);
  const test::FewFacts facts(tree, {"banner"}, {"banner_line"});
  const auto rows = facts.rows("SELECT tells FROM banner_line ORDER BY rowid");
  ASSERT_EQ(rows.size(), lines.size());
  size_t telling = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string mark = "#" + std::to_string(i) + ":";
    const size_t at = said->find(mark);
    ASSERT_NE(at, std::string::npos) << mark << "\n" << *said;
    const std::string shown =
        said->substr(at + mark.size(), said->find("\n", at) - at - mark.size());
    bool tells = false;
    for (const std::string& word : system)
      tells |= !word.empty() && shown.find(word) != std::string::npos;
    EXPECT_EQ(rows[i][0].has_value(), tells) << lines[i] << "\n" << shown;
    telling += tells;
  }
  EXPECT_GT(telling, 80u);
  EXPECT_LT(telling, 220u);
}

// Sets of files of agetty(8), "ISSUE FILES".
std::vector<std::vector<std::string>> sets() {
  std::vector<std::vector<std::string>> all = {
      {},
      {"etc/issue"},
      {"etc/issue", "etc/issue.d/b.issue", "etc/issue.d/a.issue"},
      {"etc/issue", "etc/issue.d/a10.issue", "etc/issue.d/a9.issue", "etc/issue.d/a09.issue"},
      {"etc/issue", "etc/issue.d/a.txt", "etc/issue.d/.h.issue", "etc/issue.d/.issue"},
      {"etc/issue.d/a.issue"},
      {"etc/issue.d/a.issue", "run/issue"},
      {"etc/issue.d/a.issue", "lib/issue.d/a.issue"},
      {"etc/issue", "run/issue", "lib/issue"},
      {"run/issue.d/a.txt", "lib/issue"},
      {"run/issue", "lib/issue.d/a.issue"},
      {"lib/issue", "lib/issue.d/1.issue", "lib/issue.d/01.issue", "lib/issue.d/10.issue"}};
  test::Random random(35);
  while (all.size() < 210) {
    std::vector<std::string> set;
    for (const char* place : {"etc", "run", "lib"}) {
      if (random.one_in(place == std::string("lib") ? 2 : 3))
        set.push_back(place + std::string("/issue"));
      if (!random.one_in(3)) continue;
      for (int n = random.below(4); n >= 0; --n)
        set.push_back(place + std::string("/issue.d/") +
                      random.pick({"", "", "a", "os-", ".", "9."}) +
                      random.pick({"1", "9", "10", "09", "2.0", "x", "B", ""}) +
                      random.pick({".issue", ".issue", ".issue", ".conf", ".issue~"}));
    }
    all.push_back(set);
  }
  return all;
}

TEST(BannerDifferential, ShowsTheFilesThatAgettyShows) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  const auto all = sets();
  // /usr/lib is a directory of links to its own files, to which something can be added.
  std::string loop =
      "show() { agetty --show-issue 2>/dev/null; echo; echo ==; rm -rf /etc/issue* "
      "/run/issue* /usr/lib/issue*; }\n";
  for (const auto& set : all) {
    for (const std::string& file : set) {
      const std::string path = (file.starts_with("lib/") ? "/usr/" : "/") + file;
      if (file.find(".d/") != std::string::npos)
        loop += "mkdir -p " + path.substr(0, path.rfind('/')) + "; ";
      loop += "echo '#" + path + "' >" + path + "; ";
    }
    loop += "show\n";
  }
  scratch.write("loop", loop);
  scratch.write("etc/.keep", "");
  scratch.write("run/.keep", "");
  scratch.write("lib/.keep", "");
  scratch.write("ask",
                "cp /etc/ld.so.cache etc/; for file in /usr/lib/*; do ln -s /mnt$file lib/; done\n"
                "mount --rbind / /mnt && mount --bind lib /usr/lib && mount --bind run /run && "
                "mount --bind etc /etc || exit 0\n"
                "timeout 30 script -qec 'sh loop' /dev/null 2>/dev/null </dev/null\n");
  const auto answer = test::ask("export PATH=$PATH:/usr/sbin:/sbin; cd " + scratch.path() +
                                " && unshare --user --map-root-user --mount sh ask");
  if (!answer || answer->find("#/etc/issue") == std::string::npos)
    GTEST_SKIP() << "agetty cannot be asked in a namespace";
  std::istringstream in(*answer);
  std::map<std::string, int> seen;
  for (const auto& set : all) {
    std::string theirs, written;
    for (std::string line; std::getline(in, line) && !line.starts_with("==");)
      if (line.starts_with("#")) theirs += line.substr(0, line.find('\r')) + "\n";
    auto tree = std::make_shared<MemoryTree>();
    for (const std::string& file : set) {
      const std::string path = (file.starts_with("lib/") ? "usr/" : "") + file;
      tree->file(path, "#/" + path + "\n");
      written += path + "\n";
    }
    const test::FewFacts facts(tree, {"banner"}, {"banner_line"});
    std::string ours;
    for (const auto& row : facts.rows("SELECT text FROM banner_line ORDER BY rowid"))
      ours += row[0].value_or("") + "\n";
    EXPECT_EQ(ours, theirs) << written;
    for (const char* way : {"/etc/issue\n", "/etc/issue.d/", "/run/issue\n", "/run/issue.d/",
                            "/usr/lib/issue\n", "/usr/lib/issue.d/"})
      seen[way] += theirs.find(way) != std::string::npos;
  }
  for (const auto& [way, times] : seen) EXPECT_GE(times, 8) << way;
}

}  // namespace
}  // namespace drydock
