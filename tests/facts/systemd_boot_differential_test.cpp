// The same entries of the Boot Loader Specification to drydock and to `bootctl list`: what does systemd-boot show, in
// which order, with which command lines, and which entry starts?
//
// A file name with other than letters, digits and "+-_." bootctl passes over and systemd-boot does not: there are none.
// bootctl wants the partition as a file system of its own: it runs in a mount name space with one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "parsers/kernel_cmdline.h"
#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"

namespace drydock {
namespace {

using Files = std::map<std::string, std::string>;  // by path on the partition

std::string entry(const std::string& name) {
  return "loader/entries/" + name;
}

class Generator {
 public:
  Files next() {
    Files out;
    // Of two files for one entry, one of them counted, the directory's own order decides.
    std::set<std::string> stems;
    for (int n = 1 + random_.below(6); n > 0; --n)
      if (const std::string file = name();
          stems
              .insert(file.substr(
                  0, std::min(file.find('+'), file.rfind(file.ends_with(".bak") ? ".conf" : "."))))
              .second)
        out[entry(file)] = text();
    if (random_.one_in(2)) {
      std::string& conf = out["loader/loader.conf"];
      if (random_.one_in(3))
        conf +=
            random_.pick({"timeout 3\n", "# default a.conf\n", "editor no\n", "Default a.conf\n"});
      conf += random_.pick({"default ", "default\t", "  default  "}) + pattern() +
              random_.pick({"\n", " \n", "", "\n\n"});
      if (random_.one_in(5)) conf += "default " + pattern() + "\n";
    }
    return out;
  }

 private:
  std::string pattern() {
    return random_.pick({"a.conf",      "a*",     "b*",     "*",      "z*",       "linux*",
                         "[0-9]*",      "*.conf", "arch-*", "A.CONF", "?.conf",   "[ab].conf",
                         "[!a]*",       "@saved", "a",      "none*",  "b+3.conf", "linux-6.1*",
                         "*-6.1?.conf", "deb*",   "@foo"});
  }
  std::string name() {
    std::string out = random_.pick({"a", "b", "arch", "linux-6.1.0", "linux-6.10", "linux-6.1.0-2",
                                    "linux-6.9-rc1", "linux-6.9.1", "deb_1", "Z", "0", "deb.02",
                                    "deb.1", "11111111111111111111111111111111-6.1", "a-1", "a.1"});
    out += random_.pick({"", "", "", "", "", "+3", "+3-0", "+0-2", "+0", "+2-1", "+02-01", "+",
                         "+x", "+3-", "+1+2", "+-1"});
    return out + random_.pick({".conf", ".conf", ".conf", ".conf", ".conf", ".conf", ".conf",
                               ".CONF", ".conf.bak", ".Conf"});
  }
  std::string word() {
    return random_.pick({"root=/dev/a", "ro", "quiet", "\"x y\"", "a=\"b c\"", "$kernelopts",
                         "mitigations=off", "x='y'", "--", "a\\b", "# x", "audit=0"});
  }
  std::string text() {
    std::string out;
    const auto add = [&](const std::string& key, const std::string& value) {
      out += random_.pick({"", "", "", " ", "\t"}) + key + random_.pick({" ", " ", "\t", "   "}) +
             value + random_.pick({"\n", "\n", "\n", "\n", " \n", "\t\n", "\r\n"});
    };
    if (!random_.one_in(4))
      add("title", random_.pick({"Debian", "Arch Linux", "\"A\"", "Debian", "x # y"}));
    if (!random_.one_in(3))
      add("version", random_.pick({"6.1.0", "6.10.0", "6.9", "6.9~rc1", "6.9^2", "6.1.0-18-amd64",
                                   "6.1-a", "6..1", "06.1", "a6"}));
    if (random_.one_in(2)) add("sort-key", random_.pick({"debian", "arch", "Debian", "deb-1"}));
    if (random_.one_in(2))
      add("machine-id",
          random_.pick({"11111111111111111111111111111111", "22222222222222222222222222222222"}));
    if (random_.one_in(8))
      out += random_.pick({"# a comment\n", "\n", "#options evil\n", "foo bar\n", "options\n",
                           "Options evil\n", "  \n", "title\n", "architecture x64\n"});
    for (int n = random_.below(3); n > 0; --n) {
      std::string words = word();
      for (int m = random_.below(3); m > 0; --m) words += random_.pick({" ", "  "}) + word();
      add("options", words);
    }
    if (random_.one_in(3)) add("initrd", "/initrd");
    if (random_.one_in(6)) add("initrd", "/ucode.img");
    add(random_.one_in(8) ? "efi" : "linux", random_.pick({"/vmlinuz", "/linux", "/6.1/linux"}));
    if (random_.one_in(10)) add("linux", "/again");
    if (random_.one_in(12)) out.pop_back();
    return out;
  }

  test::Random random_{41};
};

const std::vector<Files>& by_hand() {
  static const std::vector<Files> kCases = {
      // systemd-boot(7), and the traps of its order.
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {entry("c.conf"), "linux /l\n"}},
      {{entry("a-1.conf"), "linux /l\n"},
       {entry("a-10.conf"), "linux /l\n"},
       {entry("a-9.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux /l\nversion 9\n"}, {entry("b.conf"), "linux /l\nversion 1\n"}},
      {{entry("a.conf"), "linux /l\nversion 9\nsort-key x\n"},
       {entry("b.conf"), "linux /l\nversion 10\nsort-key x\n"}},
      {{entry("a.conf"), "linux /l\nversion 9\nsort-key b\n"},
       {entry("b.conf"), "linux /l\nversion 10\nsort-key a\n"},
       {entry("z.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux /l\nmachine-id 2\nsort-key x\n"},
       {entry("b.conf"), "linux /l\nmachine-id 1\nsort-key x\n"}},
      {{entry("a+0-3.conf"), "linux /l\nsort-key a\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a+1-3.conf"), "linux /l\n"},
       {entry("a+2-2.conf"), "linux /l\n"},
       {entry("a+2-1.conf"), "linux /l\n"},
       {entry("a.conf"), "linux /l\n"}},
      {{entry("a+3-0.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a.conf\n"}},
      {{entry("a+3-0.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a+3-0.conf\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default *\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default A.CONF\n"}},
      {{entry("A.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a.conf\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default @saved\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a.conf\ndefault b.conf\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "default a.conf # why\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/loader.conf", "#default a.conf\ndefault\n"}},
      {{entry("a.conf"), "title A\noptions a\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux /l\noptions a  b\noptions  c\n"}},
      {{entry("a.conf"), "linux /l\noptions $kernelopts ${x} $$\n"}},
      {{entry("a.conf"), "LINUX /l\nTitle x\nOptions y\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux=/l\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux \"/l l\"\noptions \"a b\" c\n"}},
      {{entry("a.conf"), "linux /l\noptions a \\\nb\n"}},
      {{entry("a.conf"),
        "linux /l\ntitle one\ntitle two\nversion 1\nversion 2\nsort-key s\nsort-key\n"}},
      {{entry("a.conf"), "linux /l\ninitrd /a\ninitrd /b\n"}},
      {{entry("a.conf"), ""}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a.conf"), "\xef\xbb\xbflinux /l\noptions a\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry(".a.conf"), "linux /l\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a"), "linux /l\n"}, {entry("b.conf"), "linux /l\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/entries.srel", "type1\n"}},
      {{entry("a.conf"), "linux /l\n"},
       {entry("b.conf"), "linux /l\n"},
       {"loader/entries.srel", "other\n"}},
      {{"loader/loader.conf", "default a.conf\n"}},
      {{entry("a.conf"), "linux /l\nversion 6.1~rc1\nsort-key x\n"},
       {entry("b.conf"), "linux /l\nversion 6.1\nsort-key x\n"},
       {entry("c.conf"), "linux /l\nversion 6.1^1\nsort-key x\n"},
       {entry("d.conf"), "linux /l\nversion 6.1-1\nsort-key x\n"},
       {entry("e.conf"), "linux /l\nversion 6.1.1\nsort-key x\n"},
       {entry("f.conf"), "linux /l\nversion 6.01\nsort-key x\n"},
       {entry("g.conf"), "linux /l\nversion 6.1a\nsort-key x\n"},
       {entry("h.conf"), "linux /l\nsort-key x\n"}},
  };
  return kCases;
}

std::string joined(const std::string& line) {
  std::string out;
  for (const auto& part : parsers::kernel_cmdline::split(line))
    out += (out.empty() ? "" : " ") + line.substr(part.begin, part.end - part.begin);
  return out;
}

TEST(SystemdBootDifferential, ShowsAndStartsTheSameEntries) {
  const char* const set = std::getenv("DRYDOCK_BOOTCTL");
  const std::string program = set ? set : "bootctl";
  if (const auto version = test::ask(program + " --version");
      !version || !version->starts_with("systemd 25"))
    GTEST_SKIP() << "bootctl is not installed (package systemd-boot)";
  std::vector<Files> cases = by_hand();
  for (Generator generator; cases.size() < 240;) cases.push_back(generator.next());
  const test::ScratchDirectory scratch = test::directory_in_memory();
  for (size_t i = 0; i < cases.size(); ++i)
    for (const auto& [path, text] : cases[i]) scratch.write(std::to_string(i) + "/" + path, text);
  scratch.write("ask",
                "cd " + scratch.path() +
                    " && mkdir esp && mount -t tmpfs tmpfs esp || exit 1\n"
                    "export SYSTEMD_RELAX_ESP_CHECKS=1 SYSTEMD_RELAX_XBOOTLDR_CHECKS=1\n"
                    "for i in $(seq 0 " +
                    std::to_string(cases.size() - 1) +
                    "); do\n"
                    "  rm -rf esp/loader; cp -r $i/loader esp\n"
                    "  set -- --esp-path=$PWD/esp --boot-path=$PWD/esp --no-variables --no-pager\n"
                    "  echo == json; " +
                    program +
                    " \"$@\" --json=short list 2>/dev/null\n"
                    "  echo == text; " +
                    program +
                    " \"$@\" list 2>/dev/null\n"
                    "done; echo == json\n");
  const auto said =
      test::ask("unshare --user --map-root-user --mount sh " + scratch.path() + "/ask");
  if (!said || !said->ends_with("== json\n")) GTEST_SKIP() << "no name spaces of one's own here";
  size_t at = 0, entries = 0, by_pattern = 0;
  const auto check = [&](size_t i) {
    const size_t begin = at + 8, middle = said->find("== text\n", begin);
    at = said->find("== json\n", middle);
    const std::string text = said->substr(middle, at - middle);
    // The default's file is the first after its title.
    std::string starts;
    if (const size_t mark = text.find("(default)"); mark != text.npos) {
      const size_t path = text.find("source: ", mark) + 8;
      starts = text.substr(path, text.find('\n', path) - path);
    }
    std::string theirs;
    std::set<std::string> versions;
    bool default_left_out = false;
    std::istringstream lines(said->substr(begin, middle - begin));
    for (std::string line; std::getline(lines, line);) {
      const auto e = nlohmann::json::parse(line);
      const auto get = [&](const char* key) { return e.value(key, ""); };
      // bootctl shows it; systemd-boot itself, which is no program of Linux, does not (boot.c, config_entry_add_type1).
      const std::string kernel = get("linux").empty() ? get("efi") : get("linux");
      if (kernel.empty()) {
        default_left_out = default_left_out || get("path") == starts;
        continue;
      }
      std::string initrd;
      if (e.contains("initrd"))
        for (const auto& one : e["initrd"])
          initrd += (initrd.empty() ? "" : " ") + one.get<std::string>();
      theirs += get("id") + " | " + get("title") + " | " + get("version") + " | " + kernel + " | " +
                initrd + " | " + joined(get("options")) +
                (get("path") == starts ? " | starts" : "") + "\n";
      versions.insert(get("version"));
      ++entries;
    }
    auto tree = std::make_shared<MemoryTree>();
    std::string about = "== case " + std::to_string(i) + "\n";
    for (const auto& [path, content] : cases[i]) {
      tree->file("boot/efi/" + path, content);
      about += "-- " + path + "\n" + content;
    }
    const test::FewFacts facts(tree, {"boot", "kernel"}, {"boot_entry"});
    std::string ours;
    for (const auto& row : facts.rows("SELECT id, title, version, kernel, initrd, arguments, "
                                      "is_default, why_default FROM boot_entry ORDER BY rowid")) {
      for (int c = 0; c < 6; ++c) {
        if (c > 0) ours += " | ";
        if (c == 3 && !row[3]->starts_with('/')) ours += "/";
        // Where the entry has no version we take one from the kernel's name.
        if (c == 2 && !versions.contains(row[2].value_or(""))) continue;
        ours += row[c].value_or("");
      }
      ours += row[6] == "1" && !default_left_out ? " | starts\n" : "\n";
      by_pattern += row[7].value_or("").starts_with("loader.conf");
    }
    EXPECT_EQ(ours, theirs) << about << text;
  };
  for (size_t i = 0; i < cases.size(); ++i) check(i);
  EXPECT_GT(entries, 500u);
  EXPECT_GT(by_pattern, 25u);
}

}  // namespace
}  // namespace drydock
