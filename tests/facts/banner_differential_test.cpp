// The same issue to drydock and to agetty(8) --show-issue: which lines tell of the system?
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace drydock
