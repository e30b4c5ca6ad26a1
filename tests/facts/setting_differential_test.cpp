// The same configuration files to drydock and to the programs that read them: chronyd -p prints what it was told with
// all files it includes, systemd-analyze cat-config prints the files of systemd's daemons in the order in which they
// are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "tests/facts/few_facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr int kCases = 240;

std::string directives(test::Random& random, const std::string& root, int depth) {
  std::string out;
  for (int n = 1 + random.below(6); n > 0; --n) {
    switch (random.below(depth > 1 ? 5 : 8)) {
      case 0:
        out += random.pick({"# note", "! note", "; note", "% note", "", "   ", "  # note"});
        break;
      case 1:
        out += random.pick({"server ", "pool ", "  Server ", "peer\t"}) +
               random.pick({"a.example iburst", "192.0.2.1  maxpoll 6", "b.example nts  key 7"});
        break;
      case 2:
        out += random.pick(
            {"cmdport 0", "CmdPort  323", "port 0", "cmdallow 10/8", "allow", "deny all"});
        break;
      case 3:
        out += random.pick(
            {"driftfile /var/lib/x ", "keyfile   /etc/k", "rtcsync", "makestep 1.0\t3"});
        break;
      case 4:
        out += random.pick({"user _chrony", "bindcmdaddress /", "ntsdumpdir /var/y", "logdir /l"});
        break;
      case 5:
        out += "include " + root + random.pick({"/one.conf", "/more/*.conf", "/more/a.conf"});
        break;
      case 6:
        out += "confdir " + root + random.pick({"/more", "/d", "/nowhere"}) +
               (random.one_in(3) ? " " + root + "/more" : "");
        break;
      default:
        out += "sourcedir " + root + "/sources";
    }
    out += random.pick({"\n", "\n", "\r\n", " \n"});
  }
  return out;
}

std::string one_blank(const std::string& line) {
  std::istringstream in(line);
  std::string out, word;
  while (in >> word) {
    if (out.empty())
      std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::tolower(c); });
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

std::string text(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TEST(SettingDifferential, ChronyReadsTheSameDirectives) {
  const char* const set = std::getenv("DRYDOCK_CHRONYD");
  const std::string chronyd = set ? set : "/usr/sbin/chronyd";
  const test::ScratchDirectory scratch = test::directory_in_memory();
  std::vector<std::shared_ptr<MemoryTree>> hosts;
  test::Random random(11);
  for (int i = 0; i < kCases; ++i) {
    const std::string root = scratch.path() + "/" + std::to_string(i);
    auto tree = std::make_shared<MemoryTree>();
    const auto add = [&](const std::string& name, int depth) {
      const std::string content = directives(random, root, depth);
      tree->file(root.substr(1) + "/" + name, content);
      scratch.write(std::to_string(i) + "/" + name, content);
      return content;
    };
    tree->file("etc/chrony/chrony.conf", add("main", 0));
    add("one.conf", 2);
    for (const char* name :
         {"more/a.conf", "more/b.conf", "d/b.conf", "d/x.txt", "sources/s.sources"})
      if (!random.one_in(3)) add(name, 2);
    if (!tree->exists(root.substr(1) + "/more/a.conf")) add("more/a.conf", 2);
    hosts.push_back(tree);
  }
  const auto answer =
      test::ask("i=0; while [ $i -lt " + std::to_string(kCases) + " ]; do " + chronyd + " -p -f " +
                scratch.path() + "/$i/main || echo refused; echo --; i=$((i+1)); done");
  if (!answer || answer->find("server ") == std::string::npos)
    GTEST_SKIP() << "chronyd is not there";
  std::istringstream in(*answer);
  int directives_seen = 0, refused = 0;
  for (int i = 0; i < kCases; ++i) {
    std::vector<std::string> theirs, ours;
    for (std::string line; std::getline(in, line) && line != "--";)
      theirs.push_back(one_blank(line));
    const test::FewFacts facts(hosts[static_cast<size_t>(i)], {"setting"}, {"setting"});
    for (const auto& row :
         facts.rows("SELECT substr(key, 8), value, path FROM setting WHERE program = "
                    "'chrony' AND path NOT GLOB '*.sources' AND key NOT IN "
                    "('chrony.include', 'chrony.confdir') ORDER BY rowid"))
      ours.push_back(one_blank(*row[0] + " " + row[1].value_or("")));
    directives_seen += static_cast<int>(theirs.size());
    std::ranges::sort(ours);
    std::ranges::sort(theirs);
    // It does not start then.
    if (std::ranges::find(theirs, "refused") != theirs.end()) {
      ++refused;
      continue;
    }
    EXPECT_EQ(text(ours), text(theirs))
        << test::ask("cd " + scratch.path() + "/" + std::to_string(i) +
                     " && head -n 30 $(find . -type f)")
               .value_or("");
  }
  EXPECT_GT(directives_seen, 500);
  EXPECT_GE(kCases - refused, 200);
}

constexpr const char* kDaemons[] = {"journald", "logind", "coredump", "timesyncd", "resolved",
                                    "networkd", "sleep",  "oomd",     "pstore",    "system"};

TEST(SettingDifferential, DropInsAreReadInTheOrderOfCatConfig) {
  const test::ScratchDirectory scratch = test::directory_in_memory();
  test::Random random(2);
  const std::map<std::string, std::string> sections = {
      {"journald", "Journal"}, {"logind", "Login"},     {"coredump", "Coredump"},
      {"timesyncd", "Time"},   {"resolved", "Resolve"}, {"networkd", "Network"},
      {"sleep", "Sleep"},      {"oomd", "OOM"},         {"pstore", "PStore"},
      {"system", "Manager"}};
  // Ten daemons in each of a few roots: what is said where is told by the value.
  constexpr int kRoots = kCases / 10;
  std::vector<std::shared_ptr<MemoryTree>> roots;
  std::string script;
  for (int i = 0; i < kRoots; ++i) {
    auto tree = std::make_shared<MemoryTree>();
    const std::string root = scratch.path() + "/" + std::to_string(i);
    for (const std::string daemon : kDaemons) {
      int value = 0;
      for (const std::string directory : {"etc", "run", "usr/local/lib", "usr/lib"}) {
        const auto add = [&](const std::string& name) {
          std::string content = "[" + sections.at(daemon) + "]\n";
          for (const char* key : {"One", "Two", "Three"})
            if (random.one_in(2))
              content += key + std::string("=v") +
                         (random.one_in(8) ? "\n" + std::string(key) + "=" : "") +
                         (random.one_in(8) ? "" : std::to_string(++value)) + "\n";
          if (random.one_in(6)) content += "[Other]\nOne=x\n";
          tree->file(directory + "/systemd/" + name, random.one_in(12) ? "" : content);
        };
        if (random.one_in(2)) add(daemon + ".conf");
        for (const char* drop_in : {"a.conf", "b.conf", "c.txt"})
          if (random.one_in(3)) add(daemon + ".conf.d/" + drop_in);
        if (random.one_in(10))
          tree->symlink(directory + "/systemd/" + daemon + ".conf.d/m.conf", "/dev/null");
        else if (random.one_in(4))
          add(daemon + ".conf.d/m.conf");
      }
      script += "systemd-analyze cat-config --root=" + root + " systemd/" + daemon +
                ".conf; echo ==end\n";
    }
    test::write_tree(*tree, root);
    roots.push_back(tree);
  }
  const auto answer = test::ask("sh " + scratch.write("ask", script));
  if (!answer || answer->find("[Journal]") == std::string::npos)
    GTEST_SKIP() << "systemd-analyze is not installed";
  std::istringstream in(*answer);
  for (int i = 0; i < kRoots; ++i) {
    const test::FewFacts facts(roots[static_cast<size_t>(i)], {"setting"}, {"setting"});
    for (const std::string daemon : kDaemons) {
      std::map<std::string, std::string> last;
      std::string section, all;
      for (std::string line; std::getline(in, line) && line != "==end";) {
        all += line + "\n";
        // Each file begins with none.
        if (line.starts_with("# /")) section.clear();
        if (line.starts_with("[")) section = line;
        const size_t equals = line.find('=');
        if (equals != std::string::npos && line[0] != '#' &&
            section == "[" + sections.at(daemon) + "]")
          last[line.substr(0, equals)] = line.substr(equals + 1);
      }
      std::string theirs;
      for (const auto& [key, value] : last)
        if (!value.empty()) theirs += daemon + "." + key + " | " + value + "\n";
      EXPECT_EQ(facts.text("SELECT key, value FROM setting WHERE program = '" + daemon +
                           "' ORDER BY key"),
                theirs)
          << all;
    }
  }
}

}  // namespace
}  // namespace drydock
