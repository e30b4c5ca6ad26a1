// Names and groups to drydock and to glibc itself, with its sources files and compat. New accounts: useradd(8) -D.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/account.h"
#include "analyzer/facts/collect/login.h"
#include "tests/facts/few_facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

// Needs a user namespace where it is not root already.
std::string as_root(const std::string& command) {
  return "if [ $(id -u) -eq 0 ]; then unshare --mount " + command +
         "; else unshare --map-root-user --mount " + command + "; fi 2>/dev/null";
}

// As test::facts, of these tables alone: the others take most of the time.
std::string facts_of(std::shared_ptr<MemoryTree> tree, std::string_view sql) {
  Target target;
  target.tree = std::move(tree);
  target.scope = Scope::host;
  std::vector<const facts::TableSpec*> tables{&facts::kLocationTable, &facts::kOverrideTable,
                                              &facts::kParseIssueTable};
  for (const auto* collector : {&facts::kAccountCollector, &facts::kLoginCollector})
    tables.insert(tables.end(), collector->tables.begin(), collector->tables.end());
  auto store = facts::Store::create(tables);
  facts::collect(target, **store, {"account", "account_group", "useradd_default"});
  const auto answer = (*store)->select(sql);
  std::string out;
  if (answer)
    for (const auto& row : answer->rows) out += row[0].value_or("-") + "\n";
  return out;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string passwd() {
    std::string out;
    for (int i = 0; i < 8; ++i)
      out += pick({"u1", "u2", "u3", "u4", "", " u5", "u6", "-u1", "+", "+u7", "#u8"}) +
             pick({":x:", "::", ":!:", ":x:", ":x"}) +
             pick({"0", "1", "1000", "x", "", "4294967296", "07"}) + ":" +
             pick({"0", "1000", "100", "y"}) + pick({":g:/h:/bin/sh", ":::", ":g:/h", "", "::::"}) +
             pick({"\n", "\n", " \n", "\n\n"});
    return out;
  }
  std::string group() {
    std::string out;
    for (int i = 0; i < 8; ++i)
      out += pick({"g1", "g2", "g3", "wheel", "", "-g1", "+"}) + pick({":x:", "::", ":"}) +
             pick({"0", "10", "1000", "z", "10"}) + pick({":", ":", ""}) +
             pick({"u1", "u2,u3", "u1,,u4", "u6 ,u2", "", ",u3,"}) + pick({"\n", "\n", " \n"});
    return out;
  }
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }

 private:
  std::mt19937 random_;
};

// What perl prints in each root: "== 7" and lines. One process, and a child of it for each.
std::vector<std::string> in_roots(const test::ScratchDirectory& scratch, int roots,
                                  const std::string& command) {
  std::string script = "for file in passwd group nsswitch.conf; do touch " + scratch.path() +
                       "/$file; mount --bind " + scratch.path() +
                       "/$file /etc/$file || exit; done\nexec perl " + scratch.path() + "/all.pl\n";
  scratch.write("all.pl",
                "use strict; $| = 1; my (@p, @g);\nfor my $i (0 .. " + std::to_string(roots - 1) +
                    ") {\n  for my $file (qw(passwd group nsswitch.conf)) {\n    local $/;\n"
                    "    open my $in, '<', \"" +
                    scratch.path() +
                    "/$i/etc/$file\" or die;\n"
                    "    open my $out, '>', \"" +
                    scratch.path() +
                    "/$file\" or die;\n"
                    "    print {$out} scalar <$in>;\n  }\n  print \"==\\n\";\n"
                    "  if (my $child = fork) { waitpid $child, 0; next }\n" +
                    command + "\n  exit;\n}\n");
  const auto said = test::ask(as_root("sh " + scratch.write("ask.sh", script)));
  std::vector<std::string> out;
  std::istringstream lines(said.value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line == "==")
      out.emplace_back();
    else if (!out.empty())
      out.back() += line + "\n";
  return out;
}

// The lines that begin with one of these letters.
std::string sorted(const std::string& text, std::string_view kinds) {
  std::multiset<std::string> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (kinds.find(line[0]) != std::string_view::npos) all.insert(line);
  std::string out;
  for (const std::string& line : all) out += line + "\n";
  return out;
}

TEST(NameServiceDifferential, AccountsGroupsAndMembersAreThoseOfGlibc) {
  constexpr int kRoots = 320;
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> trees;
  for (int i = 0; i < kRoots; ++i) {
    Generator make(static_cast<unsigned>(i));
    auto tree = std::make_shared<MemoryTree>();
    tree->file("usr/lib/libc.so.6", "");  // and no module
    tree->file("etc/passwd", make.passwd()).file("etc/group", make.group());
    const std::string sources =
        i % 4 == 1   ? "files"
        : i % 4 == 3 ? make.pick({"compat", "compat", "compat", "compat [NOTFOUND=return] files"})
                     : make.pick({"files",
                                  "compat",
                                  "no_such",
                                  "no_such files",
                                  "db",
                                  "db files",
                                  "compat files",
                                  "files compat",
                                  "files [NOTFOUND=return] no_such",
                                  "no_such [UNAVAIL=return] files",
                                  "[NOTFOUND=return] files",
                                  "no_such [notfound=RETURN] files",
                                  "no_such [!UNAVAIL=return] files",
                                  "no_such [!SUCCESS=return] files",
                                  "files [SUCCESS=merge] no_such",
                                  "compat [ !SUCCESS = return ] files",
                                  "no_such [UNAVAIL=x] files",
                                  "no_such [UNAVAIL] files",
                                  "",
                                  "no_such [SUCCESS=merge] compat",
                                  "no_such [UNAVAIL=continue NOTFOUND=return] compat",
                                  "files # compat",
                                  "Files",
                                  "compat [NOTFOUND=return files"});
    const std::string line = make.pick({"passwd:", "passwd:", "passwd: ", " passwd :", "PASSWD:"});
    tree->file("etc/nsswitch.conf",
               (i % 4 == 1 || i % 4 == 3 ? "passwd:" : line) + " " + sources + "\n" +
                   make.pick({"", "", "# passwd: no_such\n", "hosts: files\n"}) + "group: " +
                   sources + "\n" + (i % 4 == 2 ? make.pick({"", "", "initgroups: files\n"}) : ""));
    test::write_tree(*tree, scratch.path() + "/" + std::to_string(i));
    trees.push_back(tree);
  }
  // By perl, for getent(1) does not print what putpwent(3) would not write. Names that begin with '+' or '-' glibc
  // lists, and finds nobody by them; it also lists entries without a name.
  // With compat the listing ends where NIS would have to answer, the search by name does not.
  const auto real = in_roots(scratch, kRoots, R"(
    while (@p = getpwent) { print "P ", join(":", @p[0, 2, 3, 7]), "\n" if $p[0] =~ /^[^-+]/ }
    while (@g = getgrent) { print "G ", join(":", @g[0, 2]), "\n" if $g[0] =~ /^[^-+]/ }
    for (qw(u1 u2 u3 u4 u6)) { print "N ", join(":", @p[0, 2]), "\n" if @p = getpwnam $_ }
    for (qw(g1 g2 g3 wheel)) { print "M ", join(":", @g[0, 2]), "\n" if @g = getgrnam $_ })");
  if (real.size() != kRoots) GTEST_SKIP() << "perl cannot be asked in a mount namespace here";
  int lines = 0;
  for (int i = 0; i < kRoots; ++i) {
    const std::string ours = facts_of(
        trees[static_cast<size_t>(i)],
        "SELECT 'P ' || name || ':' || uid || ':' || gid || ':' || home FROM account UNION ALL "
        "SELECT 'G ' || name || ':' || gid FROM account_group UNION ALL "
        "SELECT 'N ' || name || ':' || uid FROM account WHERE is_first AND name IN "
        "('u1','u2','u3','u4','u6') UNION ALL "
        "SELECT 'M ' || name || ':' || gid FROM account_group WHERE is_first AND name IN "
        "('g1','g2','g3','wheel')");
    const std::string& theirs = real[static_cast<size_t>(i)];
    const std::string_view kinds = i % 4 == 1 ? "PGNM" : "NM";
    EXPECT_EQ(sorted(ours, kinds), sorted(theirs, kinds))
        << i << "\n"
        << *trees[static_cast<size_t>(i)]->read("etc/nsswitch.conf") << "\n"
        << *trees[static_cast<size_t>(i)]->read("etc/passwd") << "\n"
        << *trees[static_cast<size_t>(i)]->read("etc/group");
    lines += static_cast<int>(std::ranges::count(theirs, '\n'));
  }
  EXPECT_GE(lines, 400);
}

TEST(UseraddDifferential, DefaultsAreThoseOfUseradd) {
  constexpr int kFiles = 220;
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> trees;
  for (int i = 0; i < kFiles; ++i) {
    Generator make(static_cast<unsigned>(i));
    std::string text;
    for (int line = 0; line < 6; ++line)
      text += make.pick({"", "", "", " ", "#"}) +
              make.pick({"HOME", "INACTIVE", "EXPIRE", "SHELL", "SKEL", "INACTIVE", "Home"}) +
              make.pick({"=", "=", "=", " =", ""}) +
              make.pick({"/srv", "30", "-1", "\"30\"", " 30", "/bin/sh # x", "'/a'", "7x", "/b "}) +
              make.pick({"\n", "\n", "\n\n"});
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/default/useradd", text).file("usr/sbin/useradd", "");
    scratch.write(std::to_string(i), text);
    trees.push_back(tree);
  }
  const std::string script =
      scratch.write("ask.sh", "mkdir " + scratch.path() + "/d; mount --bind " + scratch.path() +
                                  "/d /etc/default; i=0; while [ $i -lt " + std::to_string(kFiles) +
                                  " ]; do echo '=='; cp " + scratch.path() +
                                  "/$i /etc/default/useradd; useradd -D; i=$((i+1)); done\n");
  const auto said = test::ask(as_root("env PATH=$PATH:/usr/sbin sh " + script));
  std::vector<std::set<std::string>> real;
  std::istringstream lines(said.value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line == "==")
      real.emplace_back();
    else if (!real.empty())
      real.back().insert(line);
  if (real.size() != kFiles || real.front().empty())
    GTEST_SKIP() << "useradd -D does not work here (Debian package: passwd)";
  for (size_t i = 0; i < real.size(); ++i) {
    std::istringstream ours(
        facts_of(trees[i], "SELECT substr(key, 9) || '=' || value FROM useradd_default"));
    for (std::string line; std::getline(ours, line);)
      EXPECT_TRUE(real[i].contains(line)) << line << "\n" << *trees[i]->read("etc/default/useradd");
  }
}

}  // namespace
}  // namespace drydock
