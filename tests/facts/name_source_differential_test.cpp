// The same nsswitch.conf to drydock and to glibc, whose sources answer as the names that are looked up tell them.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"
#include "tests/paths.h"

namespace drydock {
namespace {

constexpr char kAnswers[] = {'S', 'N', 'U', 'T'};

std::string actions(test::Random& random) {
  if (random.one_in(12))
    return random.pick(
        {"[]", "[FOO=return]", "[NOTFOUND]", "[NOTFOUND=stop]", "[ ! SUCCESS=return]",
         "[NOTFOUND=return", "[SUCCESS=return,UNAVAIL=return]", "[!!UNAVAIL=return]", "[=return]",
         "[NOTFOUND=return]]", "[UNAVAIL=return][NOTFOUND=return]", "[NOTFOUND==return]"});
  std::string out = random.pick({"[", "[", "[ "});
  for (int i = random.below(3); i >= 0; --i)
    out += random.pick({"", "", "!"}) +
           random.pick(
               {"SUCCESS", "NOTFOUND", "UNAVAIL", "TRYAGAIN", "notfound", "Success", "NOTFOUND"}) +
           random.pick({"=", "=", " =", "= "}) +
           random.pick({"return", "continue", "RETURN", "Continue"}) +
           random.pick({" ", " ", "\t", "  "});
  return out + "]";
}

std::string line(test::Random& random) {
  std::string out =
      random.pick({"", "", " "}) +
      random.pick({"passwd:", "passwd:", "passwd:", "passwd:", "passwd :", "passwd ",
                   "group:", "sudoers:", "Passwd:", "shadow:", "passwd_x:", ":", "#passwd:"});
  for (int i = random.below(4); i >= 0; --i) {
    out += random.pick({" ", "  ", "\t", ""}) +
           random.pick({"told_a", "told_b", "files", "nosuch", "told_a", "told_b"});
    if (!random.one_in(3)) out += random.pick({" ", "", "\t"}) + actions(random);
    out += " ";
  }
  return out + random.pick({"\n", "\n", "\n", "# files\n", "\r\n"});
}

const std::vector<std::string> kByHand = {
    "passwd: files\n",
    "",
    "group: files\n",
    "passwd:\n",
    "passwd: nosuch\n",
    "passwd: nosuch",
    "passwd: told_a\npasswd: files",
    "passwd: files\npasswd: told_a\n",
    "passwd: [NOTFOUND=return] files\n",
    "passwd: told_a [NOTFOUND=return] files\n",
    "passwd: told_a [!SUCCESS=return] told_b\n",
    "passwd: told_a [SUCCESS=continue] told_b\n",
    "passwd: told_a [!UNAVAIL=return] files\n",
    "passwd: told_a [SUCCESS=continue UNAVAIL=return] files told_b\n",
    "passwd: told_a [TRYAGAIN=return] [NOTFOUND=return] files\n",
    "passwd: told_a[NOTFOUND=return]files\n",
    "group: files [x]\npasswd: files\n",
    "sudoers: files [x]\npasswd: files\n",
    "passwd: files\nshadow: files [NOTFOUND]\n",
    "passwd: nosuch [UNAVAIL=return] files\n",
    "passwd files\n",
    "passwd: told_a # files\n",
    "passwd: told_a # [x]\n",
    "passwd : :told_b\n",
    "passwd: files] told_a\n",
    "passwd: told_a [NOTFOUND=return\n",
};

// Who answers for a name: 'a', 'b', 'f' or '-'.
char found(const std::vector<facts::Store::Row>& sources, const std::string& name) {
  char who = '-';
  bool is_known = false;
  for (const auto& row : sources) {
    const std::string& source = *row[0];
    char status = 'U';
    if (source == "files") status = name.ends_with("x") ? 'S' : 'N';
    if (source.starts_with("told_")) status = name[name.find(source[5]) + 1];
    is_known = status == 'S';
    if (is_known) who = source == "files" ? 'f' : source[5];
    const size_t column = status == 'S' ? 1 : status == 'N' ? 2 : status == 'U' ? 3 : 4;
    EXPECT_TRUE(*row[5] == "1") << source << " cannot be asked";
    if (row[column] == "return") break;
  }
  return is_known ? who : '-';
}

TEST(NameSourceDifferential, GlibcAsksTheSourcesThatWeSay) {
  std::vector<std::string> cases = kByHand;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    test::Random random(seed);
    std::string text;
    for (int i = random.below(3); i >= 0; --i) text += line(random);
    if (random.one_in(15)) text += "passwd: files";
    cases.push_back(text);
  }
  std::vector<std::string> names;
  std::string passwd = "root:x:0:0::/:/bin/sh\n";
  for (const char a : kAnswers)
    for (const char b : kAnswers)
      for (const char* const end : {"", "x"}) {
        names.push_back(std::string("a") + a + "b" + b + end);
        if (*end) passwd += names.back() + ":x:3:3:::\n";
      }
  const test::ScratchDirectory scratch = test::directory_in_memory();
  scratch.write("passwd", passwd);
  scratch.write("current", "");
  for (size_t i = 0; i < cases.size(); ++i) scratch.write("cases/" + std::to_string(i), cases[i]);
  std::string list;
  for (const std::string& name : names) list += " " + name;
  // A process for each file: glibc would notice a change by the file's time alone.
  const std::string ask = scratch.write("ask.pl", R"($| = 1; chdir shift;
    for (my $i = 0; -e "cases/$i"; $i++) {
      open F, "cases/$i"; local $/; my $text = <F>; open F, ">current"; print F $text; close F;
      if (fork) { wait; print "$?\n" if $?; next }
      my $out = "";
      for (qw()" + list + R"()) { my @p = getpwnam $_; $out .= @p ? (qw(0 a b f))[$p[2]] : "-"; }
      print "$out\n"; exit;
    })");
  const std::string script = scratch.write(
      "ask.sh", "mount --bind " + scratch.path() + "/passwd /etc/passwd && mount --bind " +
                    scratch.path() + "/current /etc/nsswitch.conf && LD_LIBRARY_PATH=" +
                    test::nss_sources() + " exec perl " + ask + " " + scratch.path() + "\n");
  const auto said =
      test::ask("if [ $(id -u) -eq 0 ]; then unshare --mount sh " + script +
                "; else unshare --map-root-user --mount sh " + script + "; fi 2>/dev/null");
  std::vector<std::string> real;
  std::istringstream lines(said.value_or(""));
  for (std::string text; std::getline(lines, text);) real.push_back(text);
  if (real.empty() || real[0].find('f') == std::string::npos)
    GTEST_SKIP() << "perl cannot be asked in a mount namespace here";
  ASSERT_EQ(real.size(), cases.size());
  std::map<char, int> answers;
  int refused = 0, different = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/nsswitch.conf", cases[i]);
    const test::FewFacts facts(tree, {"login", "useradd", "nss"}, {"nss_source"});
    const bool is_refused =
        !facts.rows("SELECT 1 FROM parse_issue WHERE code = 'bad-action'").empty();
    const auto sources = facts.rows(
        "SELECT source, on_success, on_notfound, on_unavail, on_tryagain, is_asked FROM nss_source "
        "WHERE database "
        "= 'passwd' ORDER BY position");
    std::string ours;
    for (const std::string& name : names) ours += is_refused ? '-' : found(sources, name);
    // An empty list of sources ends the program that asks, by a signal.
    const bool is_crash = std::isdigit(real[i][0]);
    EXPECT_EQ(is_crash, !is_refused && sources.empty()) << real[i] << "\n" << cases[i];
    if (is_crash) continue;
    EXPECT_EQ(ours, real[i]) << i << "\n" << cases[i];
    for (const char answer : real[i]) ++answers[answer];
    refused += is_refused;
    different += real[i] != real[0];
  }
  EXPECT_GE(refused, 20);
  EXPECT_GE(different, 150);
  for (const char who : {'a', 'b', 'f', '-'}) EXPECT_GE(answers[who], 500) << who;
}

}  // namespace
}  // namespace drydock
