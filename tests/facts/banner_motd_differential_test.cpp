// The same messages of the day to drydock and to pam_motd.so, which shows them.
#include <gtest/gtest.h>

#include "tests/facts/few_facts.h"
#include "tests/facts/pam_host.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;

Files generated(unsigned seed) {
  test::Random random(seed);
  Files out;
  const auto text = [&] {
    return random.pick(
               {"Welcome\n", "Debian 12\n", "", "\n", "No newline", "Two\nlines\n", " \\n \\m\n"}) +
           (random.one_in(4) ? std::to_string(random.below(100)) : "") +
           (random.one_in(20) ? std::string(70'000, 'x') : "");
  };
  for (const char* file : {"motd", "other", "motd.d/10", "motd.d/20-a", "motd.d/a", "more.d/10",
                           "more.d/b", "more.d/.h"})
    if (random.one_in(2)) out[file] = text();
  std::string line = "session optional pam_motd.so";
  for (int i = random.below(4); i > 0; --i)
    line +=
        random.pick({" motd=/etc/motd", " motd=/etc/none:/etc/other", " motd=/etc/other:/etc/motd",
                     " motd=", " motd_dir=/etc/motd.d", " motd_dir=/etc/more.d:/etc/motd.d",
                     " motd_dir=/etc/none", " motd_dir=", " noupdate",
                     " motd=/etc/motd.d:/etc/other", " motd=:/etc/other", " nosuch"});
  out["pam.d/s"] = line + "\n";
  return out;
}

// Without blanks and ends of lines.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\n') out += c;
  return out;
}

TEST(MotdDifferential, ShowsWhatPamMotdShows) {
  std::vector<Files> cases = {{{"motd", "Hello\n"}, {"pam.d/s", "session optional pam_motd.so\n"}}};
  for (unsigned seed = 1; seed <= 220; ++seed) cases.push_back(generated(seed));
  test::PamHost host({{"passwd", "bob:x:1000:1000::/:/bin/sh\n"},
                      {"nsswitch.conf", "passwd: files\n"},
                      {"pam.d/other", "auth required pam_deny.so\n"}});
  for (const Files& files : cases) {
    host.host(files);
    host.command({"session", "s", "bob"});
  }
  const auto answers = host.ask();
  if (!answers || answers->empty() || !answers->front().has("say Hello"))
    GTEST_SKIP()
        << "pam_motd.so cannot be asked in a mount namespace here (Debian packages: libpam0g, "
           "libpam-modules)";
  ASSERT_EQ(answers->size(), cases.size());
  int shown = 0, several = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    std::string theirs, ours, about;
    int notes = 0;
    for (const std::string& note : (*answers)[i].notes)
      if (note.starts_with("say ")) {
        theirs += note.substr(4);
        ++notes;
      }
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [file, text] : cases[i]) {
      tree->file("etc/" + file, text);
      about += file + ": " + text.substr(0, 100) + "\n";
    }
    for (const auto& row :
         test::FewFacts(tree, {}, {"banner_line"})
             .rows("SELECT text FROM banner_line WHERE file = 'motd' ORDER BY rowid"))
      ours += row[0].value_or("");
    EXPECT_EQ(squeezed(ours), squeezed(theirs)) << i << "\n" << about;
    shown += notes > 0;
    several += notes > 1;
  }
  EXPECT_GE(shown, 120);
  EXPECT_GE(several, 30);
}

}  // namespace
}  // namespace drydock
