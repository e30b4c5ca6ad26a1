// The same question to drydock and to what really reads these files: GRUB itself (grub-emu runs it as a process),
// the shell for /etc/default/grub, objcopy for unified kernel images.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "analyzer/source/artifact.h"
#include "parsers/grub_default.h"
#include "tests/facts/facts.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kCases = 220;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  bool chance(unsigned n) { return random_() % n == 0; }
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[random_() % choices.size()];
  }

  // A menu as grub-mkconfig and people write it, with what can decide the choice.
  std::string menu() {
    next_ = 0;
    std::string out;
    if (chance(2)) out += "if [ -s $prefix/grubenv ]; then\n  load_env\nfi\n";
    out += "if [ x\"${feature_menuentry_id}\" = xy ]; then\n  o=\"--id\"\nelse\n  o=\"\"\nfi\n";
    if (!chance(4)) out += "export o\n";
    if (chance(2)) out += "v=" + pick({"1", "'a b'", "\"x  y\"", "$o"}) + "\n";
    if (chance(3)) out += "export v\n";
    if (chance(2))
      out += "function f {\n  if [ \"$1\" = " + pick({"a", "1"}) +
             " ]; then\n    set w=yes\n  else\n    set w=\"no$#\"\n  fi\n}\nf " +
             pick({"a b", "1", "", "$v"}) + "\n";
    if (chance(3))
      out += "for i in 1 2 3; do\n  set l=\"${l}$i\"\n" +
             std::string(chance(2) ? "" : "  if [ $i = 2 ]; then break; fi\n") + "done\n";
    switch (random_() % 6) {
      case 0:
        out += "set default=\"${saved_entry}\"\n";
        break;
      case 1:
        break;
      default:
        out += "set default=" + choice() + "\n";
    }
    const unsigned entries = 1 + static_cast<unsigned>(random_() % 4);
    for (unsigned i = 0; i < entries; ++i) out += chance(3) ? submenu(0) : entry(0);
    return out;
  }

  std::string choice() {
    return pick({"0",        "1",       "2",       "9",          "-1",   "e1",       "'T 2'",
                 "\"1>0\"",  "\"1>1\"", "\"0>0\"", "e0",         "0x1",  "2x",       "\"s1>e2\"",
                 "\"s0>0\"", "nothing", "'T 1'",   "\"s1>1>0\"", "\"\"", "\"2>e3\"", "'T>>3'"});
  }

  std::string block() {
    return "# GRUB Environment Block\nsaved_entry=" +
           pick({"e1", "1", "T 2", "1>0", "s0>e1", "x", ""}) + "\nv=from_block\n" +
           std::string(900, '#');
  }

  // /etc/default/grub: the shell's quoting.
  std::string settings() {
    std::string out;
    const unsigned lines = 2 + static_cast<unsigned>(random_() % 6);
    for (unsigned i = 0; i < lines; ++i) {
      out += pick({"", "", "export Z=1; ", "# ", " "});
      out += pick({"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX", "X",
                   "GRUB_TIMEOUT"});
      out += pick({"=", "=", "=", " ="});
      const unsigned parts = static_cast<unsigned>(random_() % 4);
      for (unsigned p = 0; p < parts; ++p)
        out += pick({"a=1", "'b  c'", "\"d $X e\"", "$X", "\"${GRUB_CMDLINE_LINUX} f\"", "\\ g",
                     "\"h=\\\"i\\\"\"", "${Y:-j}", "\"k\\\nl\"", "\"\\$m\"", "'$n'", "\"\"",
                     "\"$GRUB_CMDLINE_LINUX_DEFAULT\"", "$", "\"o\\p\"", "\"${X:-q r}\""});
      out += pick({"\n", "\n", " # z\n", ";\n", "\\\n\n", "; "});
    }
    return out + "\n";
  }

 private:
  std::string entry(int depth) {
    const std::string n = std::to_string(next_++);
    const std::string pad(static_cast<size_t>(depth) * 2, ' ');
    std::string out = pad + "menuentry '" + pick({"T ", "T>"}) + n + "'";
    out += pick({"", " --class os", " --unrestricted"});
    if (chance(2)) out += pick({" $o", " --id"}) + " 'e" + n + "'";
    out += " {\n" + pad + "  linux /k" + n + " " +
           pick({"a=1", "$v", "\"$v\"", "w=$w", "l=${l}", "'$v' b", "q=\"a b\"", "$nothing c",
                 "d\\ e", "\"$w$l\" x", "${v}y"});
    return out + "\n" + pad + "}\n";
  }

  std::string submenu(int depth) {
    const std::string n = std::to_string(next_++);
    const std::string pad(static_cast<size_t>(depth) * 2, ' ');
    std::string out = pad + "submenu 'S " + n + "'";
    if (chance(2)) out += pick({" $o", " --id"}) + " 's" + n + "'";
    out += " {\n";
    const unsigned entries = 1 + static_cast<unsigned>(random_() % 3);
    for (unsigned i = 0; i < entries; ++i)
      out += depth < 1 && chance(4) ? submenu(depth + 1) : entry(depth + 1);
    return out + pad + "}\n";
  }

  std::mt19937 random_;
  int next_ = 0;
};

// GRUB on each menu: it starts the default entry, in which a function stands for the command that loads a kernel.
TEST(BootDifferential, GrubStartsTheSameEntryWithTheSameArguments) {
  const char* emulator = std::getenv("DRYDOCK_GRUB_EMU");
  const std::string grub = emulator ? emulator : "grub-emu";
  if (!test::ask(grub + " --version")) GTEST_SKIP() << "grub-emu is not installed";
  test::ScratchDirectory directory;
  Generator generator(20263);
  std::vector<std::string> menus, mine;
  std::string script = "export TERM=dumb\n";
  for (int i = 0; i < kCases; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    menus.push_back(generator.menu());
    tree->file("boot/grub/grub.cfg", menus.back());
    const std::string name = std::to_string(i);
    if (i % 3 != 0) {
      const std::string block = generator.block();
      tree->file("boot/grub/grubenv", block);
      directory.write(name + "/grubenv", block);
      menus.back() += block;
    }
    directory.write(name + "/grub.cfg",
                    "function linux {\n  echo \"BOOTS $@\"\n  halt\n}\nsource "
                    "$prefix/menu.cfg\nset timeout=0\n");
    directory.write(name + "/menu.cfg", *tree->read_resolved("boot/grub/grub.cfg"));
    mine.push_back(test::facts(
        tree, "SELECT 'BOOTS ' || kernel || ' ' || arguments FROM boot_entry WHERE boots"));
    script += "printf '%s\\n' \"=== $(timeout 10 " + grub + " -r host -d " + directory.path() +
              "/" + name + " </dev/null 2>/dev/null | tr -d '\\r' | grep -a '^BOOTS')\"\n";
  }
  const auto answer = test::ask("/bin/sh " + directory.write("ask.sh", script));
  ASSERT_TRUE(answer);
  std::istringstream lines(*answer);
  size_t compared = 0;
  for (int i = 0; i < kCases; ++i) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line) && line.starts_with("=== ")) << line;
    // Words only: what is quoted stands in one argument here as there, and blanks are shown alike.
    std::string got = mine.at(static_cast<size_t>(i));
    // GRUB puts what has a blank in it in quotes when it hands it to the kernel, after "linux" has it.
    std::erase(got, '"');
    while (!got.empty() && (got.back() == '\n' || got.back() == ' ')) got.pop_back();
    line = line.substr(4);
    while (!line.empty() && line.back() == ' ') line.pop_back();
    EXPECT_EQ(got, line) << menus[static_cast<size_t>(i)];
    compared += line.size() > 8 ? 1 : 0;
  }
  EXPECT_GE(compared, 200u);
}

// /etc/default/grub is sourced by /bin/sh (grub-mkconfig(8)).
TEST(BootDifferential, TheShellFindsTheSameArguments) {
  test::ScratchDirectory directory;
  Generator generator(20264);
  std::string script;
  std::vector<std::string> texts, mine;
  for (int i = 0; i < kCases; ++i) {
    const std::string text = generator.settings();
    texts.push_back(text);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("etc/default/grub", text);
    // One argument a line; names and values as the kernel splits them are compared elsewhere.
    mine.push_back(test::facts(
        tree,
        "SELECT argument FROM (SELECT name || CASE value WHEN '' THEN '' ELSE '=' || value "
        "END AS argument FROM boot_argument)"));
    const std::string path = directory.write(std::to_string(i), text);
    script += "(unset X Y; . " + path +
              " >/dev/null 2>&1; printf '%s' \"$GRUB_CMDLINE_LINUX $GRUB_CMDLINE_LINUX_DEFAULT\""
              "); printf '\\n=== \\n'\n";
  }
  const auto answer = test::ask("/bin/sh " + directory.write("ask.sh", script));
  ASSERT_TRUE(answer);
  std::istringstream lines(*answer);
  size_t arguments = 0;
  for (int i = 0; i < kCases; ++i) {
    std::string text;
    for (std::string line; std::getline(lines, line) && line != "=== ";) text += line + "\n";
    auto tree = std::make_shared<MemoryTree>();
    // As 10_linux writes it.
    tree->file("boot/grub/grub.cfg", "menuentry 'x' {\n  linux /k " + text + "}\n");
    const std::string wanted =
        test::facts(tree,
                    "SELECT name || CASE value WHEN '' THEN '' ELSE '=' || value END FROM "
                    "boot_argument");
    // Of a file that the shell cannot read to its end nothing is said to be known.
    const auto errors = parsers::grub_default::parse(texts[static_cast<size_t>(i)]).errors;
    if (std::ranges::any_of(errors,
                            [](const auto& e) { return e.effect == parsers::Effect::refused; })) {
      EXPECT_EQ(wanted, "") << texts[static_cast<size_t>(i)];
      continue;
    }
    EXPECT_EQ(mine.at(static_cast<size_t>(i)), wanted) << texts[static_cast<size_t>(i)];
    arguments += static_cast<size_t>(std::count(wanted.begin(), wanted.end(), '\n'));
  }
  EXPECT_GT(arguments, 200u);
}

// /etc/default/grub and its drop-ins as people write them, for grub-mkconfig.
struct Settings {
  std::string shell;  // that /bin/sh is
  std::vector<std::pair<std::string, std::string>> files;
  std::string text() const {
    std::string all = shell + "\n";
    for (const auto& [path, content] : files) all += "--- " + path + "\n" + content;
    return all;
  }
};

std::string setting_line(test::Random& random) {
  const auto name = [&] {
    return random.pick({"GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT",
                        "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX_RECOVERY", "EXTRA",
                        "GRUB_CMDLINE_XEN"});
  };
  const auto argument = [&] {
    return random.pick({"quiet", "audit=1", "mitigations=off", "console=ttyS0,115200n8",
                        "root=/dev/sdb1", "init_on_alloc=1 slab_nomerge", "$EXTRA", "${EXTRA}",
                        "$GRUB_CMDLINE_LINUX", "$GRUB_CMDLINE_LINUX_DEFAULT", "${EXTRA:-lsm=yama}",
                        "${EXTRA-nosmt}", "${GRUB_CMDLINE_LINUX:+$GRUB_CMDLINE_LINUX apparmor=1}",
                        "${EXTRA+set}", "$GRUB_DEVICE_UUID_NOT", "ipv6.disable=1"});
  };
  switch (random.below(16)) {
    case 0:
      return random.pick({"GRUB_DISABLE_RECOVERY=true", "GRUB_DISABLE_RECOVERY=\"true\"",
                          "GRUB_DISABLE_SUBMENU=y", "GRUB_DISABLE_SUBMENU=true",
                          "GRUB_DISABLE_UUID=true", "GRUB_DISABLE_LINUX_UUID=true",
                          "GRUB_DEVICE=/dev/sdz1", "GRUB_TIMEOUT=5", "GRUB_DISTRIBUTOR=Debian",
                          "GRUB_DISTRIBUTOR=`echo Debian`", "GRUB_DISABLE_LINUX_PARTUUID=false"});
    case 1:
      return random.pick({"# GRUB_CMDLINE_LINUX=\"no\"", "",
                          "GRUB_CMDLINE_LINUX=", "GRUB_CMDLINE_LINUX_DEFAULT=''",
                          "EXTRA=", "unset EXTRA", "unset GRUB_CMDLINE_LINUX EXTRA"});
    case 2:
      return name() + "='" + random.pick({"a=1  b=2", "$EXTRA", "x\\y", "q=\"1 2\"", ""}) + "'";
    case 3:
      return name() + "=" + random.pick({"plain", "a\\ b", "a\\\"b", "$EXTRA", "x'y z'\"w\""});
    case 4:
      return name() + "=\"" + argument() + " " +
             random.pick({"dyndbg=\\\"file x +p\\\"", "\\$tuned_params", "a; b", "x # y", "x #y",
                          "it\\\\'s", "-- single", "a\\\\ b", "'c d'", "e{f}", "g=1,2;3"}) +
             "\"";
    case 5:
      return "EXTRA=" + random.pick({"1", "\"\"", "'two words'", "lockdown=integrity"});
    case 6:
      return random.pick({"EXTRA=1 true", "(EXTRA=2)", "export EXTRA=3",
                          "export GRUB_CMDLINE_LINUX", "EXTRA=4 :", "{ EXTRA=5; }", "EXTRA=6; # x",
                          "EXTRA=7 EXTRA=8$EXTRA"});
    case 7:
      if (random.one_in(2)) return name() + "=\"" + argument() + "\"";
      return random.one_in(2) ? name() + "+=\" " + argument() + "\""
                              : "if [ -n \"$EXTRA\" ]; then " + name() + "=if; fi";
    case 8:
      if (!random.one_in(3)) return name() + "=\"" + argument() + "\"";
      return random.pick({"no-such-command", "[ 1 = 1 ]", "echo said >&2", "GRUB_CMDLINE_LINUX = x",
                          "GRUB_CMDLINE_LINUX=\"open", "true && GRUB_CMDLINE_LINUX=and"});
    default: {
      const std::string whose = name();
      std::string line = whose + "=\"" + (random.one_in(2) ? "$" + whose + " " : "");
      for (int more = random.below(4); more > 0; --more) line += argument() + " ";
      return line + argument() + "\"";
    }
  }
}

Settings settings(test::Random& random) {
  Settings made;
  made.shell = random.one_in(6) ? "bash" : "dash";
  const auto file = [&](int lines) {
    std::string text;
    for (; lines > 0; --lines) {
      const std::string line = setting_line(random);
      text += line + (line.empty() ? "\n" : random.pick({"\n", "\n", "\n\n", ";\n"}));
    }
    return text;
  };
  // Fewer entries take less time.
  std::string first =
      random.one_in(5) ? "" : "GRUB_DISABLE_RECOVERY=true\nGRUB_DISABLE_SUBMENU=y\n";
  made.files.emplace_back("etc/default/grub", first + file(1 + random.below(5)));
  for (const char* name : {"10-a.cfg", "20_b.cfg", "9.cfg", "30.conf", ".hidden.cfg", "Z.cfg"})
    if (random.one_in(5))
      made.files.emplace_back("etc/default/grub.d/" + std::string(name), file(1 + random.below(2)));
  return made;
}

// By hand: what tuned, cloud images and manuals write.
std::vector<Settings> known_settings() {
  const std::string grub = "etc/default/grub", drop = "etc/default/grub.d/";
  const auto alone = [&](const char* text) { return Settings{"dash", {{grub, text}}}; };
  return {
      alone("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\nGRUB_CMDLINE_LINUX=\"\"\n"),
      alone("GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT:+"
            "$GRUB_CMDLINE_LINUX_DEFAULT }\\$tuned_params\"\n"),
      alone("GRUB_CMDLINE_LINUX=\"cryptdevice=UUID=1-2:root \\\n  audit=1\"\n"),
      alone("GRUB_CMDLINE_LINUX='audit=1\n  quiet'\n"),
      alone("GRUB_CMDLINE_LINUX=audit=1 GRUB_CMDLINE_LINUX_DEFAULT=quiet\n"),
      alone("GRUB_CMDLINE_LINUX=audit=1 quiet\n"),
      alone("GRUB_CMDLINE_LINUX=\xe2\x80\x9c"
            "audit=1\xe2\x80\x9d\n"),
      alone("GRUB_CMDLINE_LINUX=\"audit=1\"\r\n"),
      alone("GRUB_CMDLINE_LINUX_RECOVERY=\"audit=1\"\nGRUB_CMDLINE_LINUX=\"ro\"\n"),
      alone("set -- x y\nGRUB_CMDLINE_LINUX=\"init=/bin/sh $1\"\n"),
      alone("GRUB_CMDLINE_LINUX=\"a=$(echo 1)\"\n"),
      {"dash",
       {{grub, "GRUB_CMDLINE_LINUX=\"audit=1\"\n"},
        {drop + "50-cloudimg-settings.cfg",
         "GRUB_CMDLINE_LINUX_DEFAULT=\"console=tty1 console=ttyS0\"\n"},
        {drop + "99.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX apparmor=1\"\n"},
        {drop + "99.cfg.dpkg-old", "GRUB_CMDLINE_LINUX=\"old\"\n"}}},
      {"bash", {{grub, "GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX+=' b'\n"}}},
      {"dash", {{grub, "GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX+=' b'\n"}}},
  };
}

// What the shim in grub-mkconfig's library stands for: the disks, and programs that take most of the time for
// nothing that reaches the command line.
constexpr std::string_view kShims = R"(
grub_probe=probe grub_mkrelpath=relative
probe() {
  case "$*" in
  *fs_uuid*) echo 11-22 ;;
  *--target=device*) echo /dev/sda1 ;;
  *partuuid*) echo 33-44 ;;
  *target=fs) echo ext4 ;;
  esac
}
relative() { echo /boot; }
gettext() { printf %s "$@"; }
basename() { printf '%s\n' "${1##*/}"; }
dirname() { printf '%s\n' "${1%/*}"; }
uname() { echo x86_64; }
id() { echo 0; }
fgrep() { :; }
cat() { local line; while IFS= read -r line; do printf '%s\n' "$line"; done; }
tr() { cat; }
sed() { case $* in *0-9*) read -r v; echo "${v#*-}" ;; *) cat ;; esac; }
cut() { cat; }
grub_quote() { cat; }
version_test_gt() { [ "x$2" = x ]; }
prepare_grub_to_access_device() { :; }
)";

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// grub-mkconfig and 10_linux as the package has them, on a /boot with one kernel.
TEST(BootDifferential, GrubMkconfigWritesTheArgumentsOfTheConfiguration) {
  const char* const unpacked = std::getenv("DRYDOCK_GRUB_COMMON");
  const std::string package = unpacked ? unpacked : "";
  const auto read = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  std::string library = read(package + "/usr/share/grub/grub-mkconfig_lib");
  std::string program = read(package + "/usr/sbin/grub-mkconfig");
  std::string linux = read(package + "/etc/grub.d/10_linux");
  if (library.empty() || program.empty() || linux.empty())
    GTEST_SKIP() << "grub-common is not installed";
  const auto shells = test::ask("command -v dash && command -v bash");
  if (!shells || std::ranges::count(*shells, '\n') != 2)
    GTEST_SKIP() << "dash and bash are not installed";
  const std::string dash = shells->substr(0, shells->find('\n'));
  const std::string bash = shells->substr(dash.size() + 1, shells->size() - dash.size() - 2);
  const test::ScratchDirectory directory = test::directory_in_memory();
  const std::string& top = directory.path();
  directory.write("boot/vmlinuz-6.1.0-1-amd64", "");
  directory.write("probe", "");
  directory.write("grub-mkconfig_lib", library + std::string(kShims));
  // Indentation by sed, many times.
  replace(linux, " | sed \"s/^/$submenu_indentation/\"", "");
  replace(linux, "sed \"s/^/$submenu_indentation/\" <<", "cat <<");
  replace(linux, "/boot/", top + "/boot/");
  replace(linux, "/lib/", top + "/lib/");
  replace(program, "\nsysconfdir=", "\nsysconfdir=\"$CASE\"/etc #");
  replace(program, "\ngrub_mkconfig_dir=", "\ngrub_mkconfig_dir=\"$SCRIPTS\" #");
  directory.write("mkconfig", program);
  const std::string body = linux.substr(linux.find('\n'));
  directory.write("dash/10_linux", "#!" + dash + body);
  directory.write("bash/10_linux", "#!" + bash + " --posix" + body);
  for (const char* script : {"/dash/10_linux", "/bash/10_linux"})
    std::filesystem::permissions(top + script, std::filesystem::perms::owner_all);

  std::vector<Settings> cases = known_settings();
  test::Random random(20266);
  while (cases.size() < 206) cases.push_back(settings(random));
  std::string lanes[2];
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = "case" + std::to_string(i);
    for (const auto& [path, text] : cases[i].files) directory.write(name + "/" + path, text);
    lanes[i % 2] += "CASE=" + top + "/" + name + " SCRIPTS=" + top + "/" + cases[i].shell + " " +
                    cases[i].shell + (cases[i].shell == "bash" ? " --posix" : "") +
                    " ./mkconfig >" + name + ".cfg 2>" + name + ".says </dev/null; echo $? >" +
                    name + ".status\n";
  }
  test::ask("cd " + top + " && export pkgdatadir=" + top + " LC_ALL=C && unset EXTRA; sh " +
            directory.write("one", lanes[0]) + " & cd " + top + " && export pkgdatadir=" + top +
            " LC_ALL=C && unset EXTRA; sh " + directory.write("two", lanes[1]) + "; wait");
  size_t compared = 0, arguments = 0, refused = 0, unknown = 0;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string name = top + "/case" + std::to_string(i);
    auto tree = std::make_shared<MemoryTree>();
    for (const auto& [path, text] : cases[i].files) tree->file(path, text);
    tree->symlink("bin/sh", cases[i].shell);
    tree->file("bin/" + cases[i].shell, "");
    const std::string made = read(name + ".cfg");
    const bool is_made = read(name + ".status") == "0\n";
    // An argument that the configuration lacks: said of one that is known only.
    std::string menu = is_made ? made : "menuentry x {\n  linux /k root=/dev/sda1 ro \n}\n";
    replace(menu, " ro ", " ro planted ");
    tree->file("boot/grub/grub.cfg", menu);
    const test::FewFacts facts(tree, {"boot_", "kernel_argument"},
                               {"boot_argument", "kernel_argument"});
    const std::string shown = cases[i].text() + read(name + ".says") + menu;
    const bool is_known = facts.text(
                              "SELECT 1 FROM kernel_argument WHERE name = 'planted' AND "
                              "source = 'configuration'") != "";
    if (!is_made) {
      // What stops grub-mkconfig is a mistake in the file, or makes the outcome unknown.
      EXPECT_TRUE(!is_known || facts.text("SELECT 1 FROM parse_issue") != "") << shown;
      ++refused;
      continue;
    }
    if (!is_known) {
      ++unknown;
      continue;
    }
    EXPECT_EQ(
        "root\nro\nplanted\n" +
            facts.text("SELECT name || iif(value = '', '', '=' || value) FROM boot_argument WHERE "
                       "written_in = 'configuration'"),
        facts.text("SELECT iif(rowid = 1, name, name || iif(value = '', '', '=' || value)) FROM "
                   "(SELECT row_number() OVER () AS rowid, * FROM boot_argument WHERE boots)"))
        << shown;
    EXPECT_EQ(facts.text("SELECT name, source FROM kernel_argument WHERE source NOT IN ('both', "
                         "'kernel') AND name NOT IN ('root', 'ro', 'planted')"),
              "")
        << shown;
    ++compared;
    arguments += facts.rows("SELECT 1 FROM boot_argument WHERE boots").size() - 3;
  }
  EXPECT_GE(compared, 150u);
  EXPECT_GT(arguments, 300u);
  EXPECT_GE(refused, 15u);
  EXPECT_LE(unknown, 30u);
}

// A unified kernel image as ukify makes it: sections added by objcopy.
TEST(BootDifferential, AnImageCarriesTheCommandLineThatObjcopyPutIn) {
  test::ScratchDirectory directory;
  directory.write("cmdline", "root=/dev/sda1 ro audit=1 dyndbg=\"file x +p\"");
  directory.write("uname", "6.6.1-uki");
  const auto made = test::ask(
      "cd " + directory.path() +
      // With a kernel in it that makes the whole larger than a parser gets at once.
      " && head -c 17000000 /dev/zero > linux && echo 'int x;' | cc -c -x c - -o stub.o && objcopy "
      "-O pei-x86-64 --add-section .linux=linux --set-section-flags .linux=data,readonly "
      "--add-section "
      ".cmdline=cmdline --set-section-flags .cmdline=data,readonly --add-section .uname=uname "
      "--set-section-flags .uname=data,readonly stub.o out.efi && mkdir -p root/boot/efi/EFI/Linux "
      "root/etc && echo x > root/etc/passwd && cp out.efi "
      "root/boot/efi/EFI/Linux/a.efi && cat out.efi");
  if (!made || made->empty()) GTEST_SKIP() << "objcopy with PE support is not installed";
  auto tree = std::make_shared<MemoryTree>();
  tree->file("boot/efi/EFI/Linux/a.efi", *made);
  EXPECT_EQ(
      test::facts(tree, "SELECT loader, id, version, arguments, boots, loc FROM boot_entry"),
      "systemd-boot | a.efi | 6.6.1-uki | root=/dev/sda1 ro audit=1 dyndbg=\"file x +p\" | 1 | "
      "boot/efi/EFI/Linux/a.efi\n");
  EXPECT_EQ(
      test::facts(
          tree,
          "SELECT name, value, source FROM kernel_argument WHERE name IN ('audit', 'dyndbg')"),
      "audit | 1 | entry\ndyndbg | file x +p | entry\n");

  OpenOptions how;
  how.interest = facts::interest_for({"boot_entry"});
  how.scope = Scope::host;
  const auto artifact = open_artifact(directory.path() + "/root", how);
  ASSERT_TRUE(artifact) << artifact.error().message;
  const auto store = facts::Store::create(facts::all_tables());
  facts::collect(artifact->targets[0], **store, {"boot_entry"});
  const auto rows = (*store)->select("SELECT version || ' ' || arguments FROM boot_entry");
  ASSERT_TRUE(rows && rows->rows.size() == 1);
  EXPECT_EQ(*rows->rows[0][0], "6.6.1-uki root=/dev/sda1 ro audit=1 dyndbg=\"file x +p\"");
}

// Images of many shapes, of which objcopy takes the sections out again.
TEST(BootDifferential, GeneratedImagesCarryWhatObjcopyFindsInThem) {
  test::ScratchDirectory directory;
  test::Random random(20265);
  std::string script =
      "cd " + directory.path() +
      "\necho 'int x;' | cc -c -x c - -o stub.o || exit 1\nhead -c 70000 /dev/zero >linux\n";
  std::vector<std::string> lines(kCases), releases(kCases);
  for (size_t i = 0; i < kCases; ++i) {
    const std::string name = std::to_string(i);
    for (int words = random.below(7); words > 0; --words)
      lines[i] += random.pick({"", " ", "  "}) +
                  random.pick({"root=UUID=1-2", "ro", "quiet", "audit=1", "dyndbg=\"file x +p\"",
                               "a='b c'", "init=/bin/sh", "mitigations=off", "\xc3\xa9=1", "--",
                               "-- x", "lockdown=integrity"}) +
                  random.pick({" ", " ", "\n", "\t"});
    if (random.one_in(20)) lines[i] += std::string(3000, 'y');
    releases[i] = random.pick({"6.1.0-1-amd64", "6.6.1", "5.10.0~rc1"});
    directory.write(name + ".cmdline",
                    lines[i] + random.pick({"", "\n", std::string(1, '\0').c_str()}));
    directory.write(name + ".uname", releases[i]);
    std::vector<std::string> sections = {".linux=linux", ".cmdline=" + name + ".cmdline",
                                         ".uname=" + name + ".uname", ".osrel=" + name + ".uname"};
    if (random.one_in(8)) sections.erase(sections.begin() + 1);
    if (random.one_in(2)) std::swap(sections.front(), sections.back());
    std::string options;
    for (const std::string& section : sections)
      options += " --add-section " + section + " --set-section-flags " +
                 section.substr(0, section.find('=')) + "=data,readonly";
    script += "objcopy -O pei-x86-64" + options + " stub.o " + name + ".efi && objcopy -O binary " +
              "--only-section=.cmdline --set-section-flags .cmdline=alloc " + name + ".efi " +
              name + ".found\n";
  }
  test::ask("sh " + directory.write("make", script + "\n"));
  const auto read = [&](const std::string& name) {
    std::ifstream file(directory.path() + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  if (read("0.efi").empty()) GTEST_SKIP() << "objcopy with PE support is not installed";
  size_t arguments = 0;
  for (size_t i = 0; i < kCases; ++i) {
    const std::string name = std::to_string(i);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("boot/efi/EFI/Linux/a.efi", read(name + ".efi"));
    // Sections are filled up with zeros; drydock shows the arguments with one blank between
    // them, and none behind "--", which are those of init.
    std::string wanted, word;
    std::istringstream words(read(name + ".found").substr(0, read(name + ".found").find('\0')));
    while (words >> word && word != "--") wanted += (wanted.empty() ? "" : " ") + word;
    arguments += wanted.empty() ? 0 : 1;
    EXPECT_EQ(test::facts(tree, "SELECT version || '|' || arguments FROM boot_entry"),
              releases[i] + "|" + wanted + "\n")
        << "case " << i;
  }
  EXPECT_GT(arguments, 150u);
}

}  // namespace
}  // namespace drydock
