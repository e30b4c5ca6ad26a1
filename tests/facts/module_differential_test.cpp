// The same question to drydock and to modprobe(8) itself, on generated configurations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <sstream>

#include "parsers/modprobe.h"
#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kCases = 240;

std::string modprobe() {
  const char* path = std::getenv("DRYDOCK_MODPROBE");
  return path ? path : "modprobe";
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string file() {
    std::string text;
    const int lines = 1 + static_cast<int>(random_() % 9);
    for (int i = 0; i < lines; ++i) {
      text += pick({"", "", "", " ", "\t", "#", " # ", "\\\n"});
      text += pick({"install", "install", "blacklist", "options", "alias", "softdep", "remove",
                    "instal", "include", "blacklist\\\n"});
      text += pick({" ", " ", "\t", "  ", " \\\n"});
      text += pick({"cramfs", "usb-storage", "usb_storage", "us*", "cram?s", "[ch]*", "hfs",
                    "fs-hfs", "h[f-g]s", "a]b", "q[r", "", "cram\\fs"});
      text += pick({" ", "  ", "\t", "", " \\\n "});
      text += pick({"/bin/false", "/bin/true # x", "a=1 b-c=2", "pre: x-y z post: usb-storage",
                    "hfs", "/sbin/modprobe -i hfs", "", "x\\y", " q "});
      text += pick({"\n", "\n", "\n", " \n", "\n\n", "\r\n"});
    }
    return text;
  }

 private:
  std::string pick(std::initializer_list<const char*> choices) {
    return choices.begin()[random_() % choices.size()];
  }
  std::mt19937 random_;
};

// What `modprobe --showconfig` prints of one line. softdep is left out: it prints "post:" behind the last
// module without a blank.
std::string shown(const parsers::modprobe::Line& line, std::string_view argument) {
  std::string out = std::string(name(line.command)) + " " + line.module;
  if (!argument.empty()) out += " " + std::string(argument);
  return out + "\n";
}

// modprobe squeezes no blanks, drydock takes those in front of an argument off.
std::string without_leading_blanks(const std::string& line) {
  const size_t module = line.find(' ') + 1;
  const size_t end = std::min(line.find(' ', module), line.size());
  const size_t begin = std::min(line.find_first_not_of(" \t", end), line.size());
  return line.substr(0, end) + (begin == line.size() ? "" : " " + line.substr(begin)) + "\n";
}

// One process for all cases: the answers stand between lines with the number of the case.
TEST(ModuleDifferential, ModprobeShowsTheSameConfiguration) {
  if (!test::ask(modprobe() + " --version")) GTEST_SKIP() << "modprobe is not installed";
  test::ScratchDirectory directory;
  Generator generator(20261);
  std::vector<std::string> texts;
  std::string script;
  for (int i = 0; i < kCases; ++i) {
    texts.push_back(generator.file());
    const std::string path = directory.write(std::to_string(i) + ".conf", texts.back());
    script += "echo '=== " + std::to_string(i) + "'; " + modprobe() + " -C " + path +
              " --showconfig 2>/dev/null | sed '/^# End of configuration/,$d'\n";
  }
  const auto answer = test::ask("/bin/sh " + directory.write("ask.sh", script));
  ASSERT_TRUE(answer);

  std::vector<std::map<char, std::string>> wanted(kCases);
  std::istringstream lines(*answer);
  int at = -1;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("=== "))
      ++at;
    else if (!line.empty() && line.substr(0, 7) != "softdep")
      wanted.at(static_cast<size_t>(at))[line[0]] += without_leading_blanks(line);
  }
  ASSERT_EQ(at, kCases - 1);

  size_t compared = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    std::map<char, std::string> got;
    for (const auto& line : parsers::modprobe::parse(texts[i]).lines) {
      if (line.command == parsers::modprobe::Command::softdep) continue;
      const std::string text = shown(line, line.argument);
      got[text[0]] += text;
    }
    // The machine's own command line adds options of its own.
    for (const char kind : {'a', 'b', 'i', 'r'}) {
      EXPECT_EQ(got[kind], wanted[i][kind]) << texts[i];
      compared += got[kind].size();
    }
    std::string& options = wanted[i]['o'];
    EXPECT_TRUE(options.starts_with(got['o']) || options.ends_with(got['o']))
        << texts[i] << options;
  }
  EXPECT_GT(compared, 5000u);
}

// A tree of modules that depmod has indexed: objects with nothing but a name and an alias.
bool make_modules(const test::ScratchDirectory& directory) {
  const char* depmod = std::getenv("DRYDOCK_DEPMOD");
  std::string script = "cd " + directory.path() + " && mkdir -p lib/modules/1.2.3/kernel && ";
  for (const std::string name : {"cramfs", "hfs", "usb-storage"})
    script += "printf '.section .modinfo,\"a\"\\n.asciz \"alias=fs-" + name +
              "\"\\n' | as -o lib/modules/1.2.3/kernel/" + name + ".ko - && ";
  script += std::string(depmod ? depmod : "depmod") + " -b . 1.2.3 2>/dev/null && test -s " +
            "lib/modules/1.2.3/modules.dep.bin && echo made";
  const auto answer = test::ask("/bin/sh " + directory.write("make.sh", script + "\n"));
  return answer && *answer == "made\n";
}

struct Case {
  std::string module;
  std::string policy, install;
  bool is_blacklisted = false;
};

// What modprobe -n -v says it would do; a module of the tree has neither dependencies nor options here.
std::string expected(const Case& c, bool applies_blacklist) {
  if (c.is_blacklisted && applies_blacklist) return "nothing";
  if (c.policy == "disabled" || c.policy == "command") return "install " + c.install;
  return "insmod " + c.module + ".ko";
}

// Whether a module is loaded when it is asked for by name, and as udev asks (-b).
TEST(ModuleDifferential, ModprobeLoadsTheSameModules) {
  test::ScratchDirectory directory;
  if (!test::ask(modprobe() + " --version")) GTEST_SKIP() << "modprobe is not installed";
  if (!make_modules(directory)) GTEST_SKIP() << "depmod or as is not installed";
  Generator generator(20262);
  std::string script;
  std::vector<Case> cases;
  for (int i = 0; i < kCases; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("lib/modules/1.2.3/modules.dep",
               "kernel/cramfs.ko:\nkernel/usb-storage.ko:\nkernel/hfs.ko:\n");
    const std::string config = std::to_string(i) + "/modprobe.d";
    std::vector<parsers::modprobe::Line> lines;
    for (const char* name : {"/b.conf", "/a.conf"}) {
      const std::string text = generator.file();
      tree->file("etc/modprobe.d" + std::string(name), text);
      directory.write(config + name, text);
      for (auto& line : parsers::modprobe::parse(text).lines) lines.push_back(std::move(line));
    }
    std::map<std::string, std::string> rows;  // "disabled 0 /bin/false"
    std::istringstream facts(test::facts(
        tree,
        "SELECT policy || ' ' || is_blacklisted || ' ' || coalesce(install, '') FROM module_policy "
        "WHERE module IN ('cramfs', 'hfs', 'usb_storage') ORDER BY module"));
    for (const char* module : {"cramfs", "hfs", "usb-storage"}) std::getline(facts, rows[module]);
    for (const std::string module : {"cramfs", "hfs", "usb-storage"}) {
      const std::string normal = parsers::modprobe::normal_name(module);
      // Aliases and soft dependencies make modprobe do more than this module.
      bool is_plain = true;
      for (const auto& line : lines)
        if ((line.command == parsers::modprobe::Command::alias ||
             line.command == parsers::modprobe::Command::softdep) &&
            glob_match(line.module, normal))
          is_plain = false;
      if (!is_plain) continue;
      Case c;
      c.module = module;
      const std::string& row = rows.at(module);
      c.policy = row.substr(0, row.find(' '));
      c.is_blacklisted = row.at(row.find(' ') + 1) == '1';
      c.install = row.substr(row.find(' ') + 3);
      cases.push_back(c);
      for (const std::string flag : {"", " -b"})
        script += "printf '%s\\n' \"said $(" + modprobe() + " -d " + directory.path() + " -C " +
                  directory.path() + "/" + config + " -S 1.2.3 -n -v" + flag + " " + module +
                  " 2>/dev/null)\"\n";
    }
  }
  const auto answer = test::ask("/bin/sh " + directory.write("ask.sh", script));
  ASSERT_TRUE(answer);
  std::istringstream lines(*answer);
  std::map<std::string, size_t> seen;
  for (const Case& c : cases)
    for (const bool applies_blacklist : {false, true}) {
      std::string said;
      ASSERT_TRUE(std::getline(lines, said) && said.starts_with("said "));
      said = said.substr(5);
      if (said.empty()) said = "nothing";
      if (const size_t object = said.find("kernel/"); said.starts_with("insmod "))
        said = "insmod " + said.substr(object + 7);
      if (said.starts_with("install "))
        said = "install " + said.substr(std::min(said.find_first_not_of(" \t", 8), said.size()));
      // Parameters from options lines follow.
      const std::string want = expected(c, applies_blacklist);
      EXPECT_TRUE(said.starts_with(want))
          << c.module << ": modprobe: " << said << "; drydock: " << want;
      ++seen[c.policy + (c.is_blacklisted ? "+" : "")];
    }
  EXPECT_GT(cases.size(), 300u);
  for (const char* policy : {"allowed", "blacklisted+", "disabled", "disabled+", "command"})
    EXPECT_GT(seen[policy], 10u) << policy;
}

}  // namespace
}  // namespace drydock
