// The same start-up files to drydock and to bash itself.
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <random>
#include <sstream>

#include "analyzer/facts/collect/shell_session.h"
#include "analyzer/facts/collect/shell_setting.h"
#include "analyzer/source/memory.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

class Generator {
 public:
  Generator(unsigned seed, std::string directory)
      : random_(seed), directory_(std::move(directory)) {}

  std::string script(int depth = 0) {
    std::string out;
    const int lines = std::uniform_int_distribution<int>(2, 7)(random_);
    for (int i = 0; i < lines; ++i)
      out += statement(depth) + pick({"\n", "\n", "  # why\n", " ;\n", "\n\n"});
    return out;
  }
  std::map<std::string, std::string> files;

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  std::string pick(const std::vector<std::string>& of) {
    return of[std::uniform_int_distribution<size_t>(0, of.size() - 1)(random_)];
  }

  std::string statement(int depth) {
    if (depth > 3 || chance(2)) return simple();
    switch (std::uniform_int_distribution<int>(0, 8)(random_)) {
      case 0:
        return "if " + condition() + "; then\n" + script(depth + 1) + "fi";
      case 1:
        return "if " + condition() + "\nthen " + simple() + "\nelif " + condition() + "; then " +
               simple() + "\nelse\n" + script(depth + 1) + "fi";
      case 2:
        return condition() + pick({" && ", " || "}) + simple();
      case 3:
        return "( " + simple() + " )";
      case 4:
        return "case " + pick({"$-", "$PS1x", "abc"}) + " in\n *i*|abc) " + simple() + ";;\n *)\n" +
               simple() + "\n;;\nesac";
      case 5:
        return "f" + std::to_string(depth) + "() { " + simple() + "; }";
      case 6: {
        const std::string name = directory_ + "/f" + std::to_string(files.size()) + ".sh";
        files[name] = "";
        files[name] = script(depth + 1);
        return pick({". ", "source "}) + "\"" + name + "\"";
      }
      case 7:
        return "{ " + simple() + "\n" + simple() + "; }";
      default:
        return "cat <<" + pick({"'E'", "E"}) + " >/dev/null\nTMOUT=7\nE\n" + simple();
    }
  }

  std::string condition() {
    return pick({"[ -n \"$PS1\" ]", "[ -z \"${PS1-}\" ]", "true", "false", "! false",
                 "[ \"${NOT_SET:-x}\" = x ]", "[ -r /no/such/file ]", "test 1 -lt 2",
                 "[ \"$UID\" -ge 0 ]", "[ 3 -eq 4 ]", "[[ -n $BASH ]]", "[ a != a ]",
                 "[ \"$(id -u)\" -ge 0 ] && true", "[ \"${-#*i}\" != \"$-\" ]"});
  }

  std::string simple() {
    return pick({"TMOUT=600",
                 "TMOUT='900'",
                 "TMOUT=\"300\"",
                 "export TMOUT",
                 "export TMOUT=120",
                 "declare TMOUT=60",
                 "typeset -x TMOUT=45",
                 "unset TMOUT",
                 "umask 022",
                 "umask 027 >/dev/null",
                 "umask 0077",
                 "TMOUT=1 true",
                 "X=1 Y=2",
                 "A=5; TMOUT=$A",
                 "TMOUT=${TMOUT:-30}",
                 "umask 002 2>&1",
                 "echo 'TMOUT=9' >/dev/null",
                 "echo \"umask 0\" | cat >/dev/null",
                 ": TMOUT=4",
                 "readonly TMOUT=70",
                 "readonly TMOUT",
                 "declare -r TMOUT=80",
                 "typeset -xr TMOUT=90",
                 "TMOUT=400; umask 037",
                 "export TMOUT=35; umask 057"});
  }

  std::mt19937 random_;
  std::string directory_;
};

// `start`: the shell, interactive and without files of its own, and what it is given before the file; `show`: whether
// TMOUT is exported.
void compare(const std::string& start, const std::string& show, facts::ShellSession::Shell shell,
             int at_least) {
  const test::ScratchDirectory scratch;
  // A shell each: a mistake such as setting what is read-only ends a shell in a shell.
  std::string driver = "umask 023\n";
  constexpr unsigned kCases = 300;
  std::vector<std::map<std::string, std::string>> cases;
  for (unsigned seed = 1; seed <= kCases; ++seed) {
    Generator generator(seed, scratch.path() + "/" + std::to_string(seed));
    const std::string main = scratch.path() + "/" + std::to_string(seed) + "/main";
    generator.files[main] = "";
    generator.files[main] = generator.script();
    cases.push_back(generator.files);
    for (const auto& [path, text] : generator.files)
      scratch.write(path.substr(scratch.path().size() + 1), text);
    driver += start + " -i -c '. " + main + "; " + show +
              "; echo \"== $(umask) ${TMOUT-} $D\"' || echo '=='\n";
  }
  const std::string path = scratch.write("driver", driver);
  const auto real = test::ask("env -i PATH=\"$PATH\" PS1=x sh " + path + " 2>/dev/null </dev/null");
  if (!real || real->find("== ") == std::string::npos) GTEST_SKIP() << start << " is not installed";
  std::istringstream lines(*real);
  std::vector<std::string> answers;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("==")) answers.push_back(line.substr(std::min<size_t>(3, line.size())));
  ASSERT_EQ(answers.size(), kCases);
  const auto store = facts::Store::create(facts::all_tables());
  int compared = 0;
  for (unsigned i = 0; i < kCases; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    std::string shown, main;
    for (const auto& [file, text] : cases[i]) {
      tree->file(file.substr(1), text);
      shown += "== " + file + "\n" + text;
      if (file.ends_with("/main")) main = file.substr(1);
    }
    Target target;
    target.tree = tree;
    target.scope = Scope::host;
    facts::Context context(target, **store);
    context.begin(facts::kShellSettingCollector);
    std::set<std::string> reported;
    facts::ShellSession session(context, getuid(), "/root", reported, shell);
    session.read(main, {&facts::kShellSettingTable}, false);
    EXPECT_TRUE(context.diagnostics().empty()) << "bash takes it\n" << shown;
    std::string mask = "0023", timeout;
    bool is_known = true, is_exported = false;
    for (const facts::ShellSetting& one : session.settings()) {
      if (!one.is_effective) continue;
      is_known = is_known && !one.is_conditional && one.value;
      if (!is_known) break;
      if (one.key == "umask") mask = std::string(4 - one.value->size(), '0') + *one.value;
      if (one.key == "TMOUT") timeout = *one.value, is_exported = one.is_exported;
    }
    if (!is_known) continue;
    ++compared;
    std::istringstream words(answers[i]);
    std::string real_mask, real_timeout, flags;
    std::getline(words, real_mask, ' ');
    if (!real_mask.empty()) real_mask.insert(0, 4 - std::min<size_t>(4, real_mask.size()), '0');
    std::getline(words, real_timeout, ' ');
    std::getline(words, flags);
    EXPECT_EQ(mask + " " + timeout, real_mask + " " + real_timeout) << shown;
    // Exported on a condition that drydock does not know counts as not exported.
    if (is_exported && !timeout.empty()) {
      EXPECT_NE(flags.find('x'), std::string::npos) << shown;
    }
  }
  EXPECT_GE(compared, at_least);
}

TEST(ShellDifferential, TimeoutAndUmaskAreThoseOfBash) {
  compare("bash --norc --noprofile", "D=$(declare -p TMOUT 2>/dev/null); D=${D:8:3}",
          facts::ShellSession::Shell::bash, 200);
}

// What zsh reads below /etc/zsh is followed in the same way.
TEST(ShellDifferential, TimeoutAndUmaskAreThoseOfZsh) {
  const char* const unpacked = std::getenv("DRYDOCK_ZSH");
  compare(std::string(unpacked ? unpacked : "zsh") + " -f",
          "D=; [[ ${(t)TMOUT} = *export* ]] && D=x", facts::ShellSession::Shell::zsh, 150);
}

// A login shell of tcsh itself, with the host's start-up files put in the place of this machine's.
TEST(ShellDifferential, AutologoutAndUmaskAreThoseOfTcsh) {
  constexpr int kCases = 220;
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> trees;
  test::Random random(9);
  const auto file = [&] {
    std::string out;
    for (int n = random.below(6); n > 0; --n) {
      const std::string number = std::to_string(1 + random.below(90));
      const std::string simple =
          random.pick({"set autologout=", "set autologout = ", "set -r autologout=", "umask 0",
                       "set x=1 autologout=", "umask 0", "set autologout="}) +
          (random.one_in(2) ? "20" : "33");
      out += random.one_in(5)
                 ? "if (" + std::string(random.pick({"1", "0", "$?prompt", "! $?NOT_SET"})) + ") " +
                       simple
             : random.one_in(6) ? "if ($?tcsh) then\n  " + simple + "\nelse\n  umask 077\nendif"
             : random.one_in(7) ? "unset autologout"
             : random.one_in(9) ? "# " + simple
                                : simple;
      // "endif;" does not end a branch that is skipped: tcsh then gives up all that it would still read.
      if (out.ends_with("endif")) out += "\n";
      out += random.pick({"\n", "\n", " # why\n", ";\n", "\n\n", " ; set y=2\n"});
    }
    if (random.one_in(3)) out += "foreach i (/etc/profile.d/*.csh)\n  source $i\nend\n";
    return out;
  };
  const char* const unpacked = std::getenv("DRYDOCK_TCSH");
  const std::string tcsh = unpacked ? unpacked : "tcsh";
  std::string ask = "mkdir " + scratch.path() + "/now " + scratch.path() +
                    "/home; touch /etc/csh.cshrc /etc/csh.login; mount --bind " + scratch.path() +
                    "/now /etc/profile.d && for f in cshrc login; do touch " + scratch.path() +
                    "/$f; mount --bind " + scratch.path() +
                    "/$f /etc/csh.$f || exit; done; HOME=" + scratch.path() +
                    "/home; export HOME; umask 022; cd " + scratch.path() +
                    "; i=0; while [ $i -lt " + std::to_string(kCases) +
                    " ]; do cat $i/etc/csh.cshrc >cshrc; cat $i/etc/csh.login >login; rm -f now/*; "
                    "cp $i/etc/profile.d/* now; printf 'echo ==; umask; if ($?autologout) echo "
                    "$autologout\\n' | " +
                    tcsh + " -l; i=$((i+1)); done\n";
  for (int i = 0; i < kCases; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/csh.cshrc", file()).file("etc/csh.login", file());
    tree->file("etc/profile.d/a.csh", "set autologout=" + std::to_string(i) + "\n")
        .file("etc/profile.d/b.csh",
              random.one_in(2) ? "umask 0" + std::to_string(i % 8) + "\n" : "");
    test::write_tree(*tree, scratch.path() + "/" + std::to_string(i));
    trees.push_back(tree);
  }
  scratch.write("ask.sh", ask);
  const std::string command = " --mount sh " + scratch.path() + "/ask.sh; fi";
  const auto said =
      test::ask("if [ $(id -u) -eq 0 ]; then unshare" + command.substr(0, command.size() - 4) +
                "; else unshare --map-root-user" + command);
  std::vector<std::string> real;
  std::istringstream lines(said.value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (line == "==")
      real.emplace_back();
    else if (!real.empty() && !line.starts_with("Warning: no access to tty") &&
             line != "Thus no job control in this shell.")
      real.back() += line + "\n";
  if (real.size() != kCases) GTEST_SKIP() << "tcsh cannot be asked in a mount namespace here";
  int compared = 0;
  for (size_t i = 0; i < kCases; ++i) {
    const test::FewFacts facts(trees[i], {"shell", "search_path", "startup"}, {"shell_setting"});
    std::string mask = "22", logout;
    bool is_known = true;
    for (const auto& row : facts.rows("SELECT key, value, is_conditional FROM shell_setting WHERE "
                                      "session = 'csh' AND is_effective ORDER BY rowid")) {
      is_known = is_known && row[2] == "0";
      (row[0] == "umask" ? mask : logout) = row[1].value_or("");
    }
    if (!is_known) continue;
    ++compared;
    mask.erase(0, std::min(mask.find_first_not_of('0'), mask.size() - 1));
    EXPECT_EQ(mask + "\n" + (logout.empty() ? "" : logout + "\n"), real[i])
        << i << "\n"
        << *trees[i]->read("etc/csh.cshrc") << "== login\n"
        << *trees[i]->read("etc/csh.login") << "== b\n"
        << *trees[i]->read("etc/profile.d/b.csh");
  }
  EXPECT_GE(compared, 80);
}

}  // namespace
}  // namespace drydock
