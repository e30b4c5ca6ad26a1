// What systemd itself makes of unit files: `systemd-analyze security` dumps each unit it loads when
// it logs for debugging. Names, the file, the drop-ins in their order, and settings of each kind.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_refusal.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

using Units = std::map<std::string, std::string>;  // by the unit's own name

// Keys of the dump that are compared; lists are one line there.
constexpr std::string_view kKeys[] = {"Description", "PrivateTmp", "ReadWritePaths",
                                      "Type",        "UMask",      "WorkingDirectory"};

Units dumped(const Tree& tree, const std::string& root, const std::vector<std::string>& names) {
  // The real path, as drydock names files; empty for what is a mask, which systemd lists too.
  const auto real = [&](const std::string& value) {
    const auto path = tree.resolve(value.substr(root.size() + 1));
    return path && !facts::is_mask(tree, *path) ? *path : std::string();
  };
  std::string command =
      "SYSTEMD_LOG_LEVEL=debug SYSTEMD_COLORS=0 systemd-analyze security "
      "--no-pager --offline=true --root=" +
      root;
  for (const std::string& name : names) command += " '" + name + "'";
  Units out;
  std::string id;
  std::set<std::string> aliases, values;
  std::string path, drop_ins;
  const auto finish = [&] {
    if (id.empty()) return;
    std::string text = "names:";
    for (const std::string& alias : aliases) text += " " + alias;
    text += "\nfile: " + path + "\n" + drop_ins;
    for (const std::string& value : values) text += value + "\n";
    out[id] = text;
  };
  std::istringstream lines(test::ask(command + " 2>/dev/null").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find_first_not_of('\t');
    if (first == std::string::npos) continue;
    if (line.starts_with("\t-> Unit ")) {
      finish();
      id = line.substr(9, line.size() - 10);
      aliases = {id};
      values.clear();
      path.clear();
      drop_ins.clear();
      continue;
    }
    if (first != 2) continue;
    const std::string text = line.substr(2);
    const size_t colon = text.find(": ");
    if (colon == std::string::npos) continue;
    const std::string key = text.substr(0, colon);
    const std::string value = text.substr(colon + 2);
    if (key == "Alias") aliases.insert(value);
    if (key == "Fragment Path") path = real(value);
    if (key == "DropIn Path" && !real(value).empty()) drop_ins += "drop-in: " + real(value) + "\n";
    if (std::ranges::find(kKeys, key) != std::end(kKeys)) values.insert(text);
  }
  finish();
  return out;
}

// The same from drydock's reading.
std::string described(const Tree& tree, const facts::Unit& unit) {
  std::set<std::string> names(unit.names.begin(), unit.names.end()), values;
  std::string text = "names:";
  for (const std::string& name : names) text += " " + name;
  text += "\nfile: " + unit.path + "\n";
  for (const std::string& path : unit.drop_ins) text += "drop-in: " + path + "\n";
  for (const std::string_view key : kKeys) {
    std::string value;
    for (const facts::UnitLine* line :
         unit.setting(key == "Description" ? "Unit" : "Service", key).lines)
      value += (value.empty() ? "" : " ") +
               facts::expand_specifiers(tree, unit, line->value).value_or("?");
    if (key == "PrivateTmp") value = parsers::unit::boolean(value).value_or(false) ? "yes" : "no";
    if (key == "UMask") value = value.empty() ? "0022" : "0" + value;
    if (key == "Type" && value.empty()) value = "simple";
    if (key == "WorkingDirectory" && value.empty()) value = "/";
    if (key == "Description" && value.empty()) value = unit.id;
    if (!value.empty()) values.insert(std::string(key) + ": " + value);
  }
  for (const std::string& value : values) text += value + "\n";
  return text;
}

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    auto tree = std::make_shared<MemoryTree>();
    tree->directory("etc/systemd/system").file("etc/hostname", "web.example\n");
    if (chance(2)) tree->symlink("lib", "usr/lib");
    const auto add = [&](const std::string& path, const std::string& text) {
      if (!tree->lstat(path)) tree->file(path, text);
    };
    for (int i = 0; i < 9; ++i) add(dir() + "/" + name(), chance(9) ? "" : unit());
    for (int i = 0; i < 5; ++i) {
      const std::string path = dir() + "/" + name();
      if (!tree->lstat(path)) tree->symlink(path, target());
    }
    for (int i = 0; i < 16; ++i) {
      const std::string path =
          dir() + "/" +
          pick({"service", "a-.service", "a-b-.service", "a.service", "a-b.service",
                "a-b-c.service", "al.service", "t@.service", "t@x.service", "t-u@.service",
                "t-@.service", "t-@x.service", "t-u@x.service", "v@.service", "t-.service"}) +
          ".d/" + pick({"10-a.conf", "20-b.conf", "5.conf", ".hidden.conf", "plain", "z.conf"});
      if (tree->lstat(path)) continue;
      if (chance(8))
        tree->symlink(path, "/dev/null");
      else
        tree->file(path, chance(10) ? "" : drop_in());
    }
    return tree;
  }

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  std::string pick(const std::vector<std::string>& options) {
    return options[std::uniform_int_distribution<size_t>(0, options.size() - 1)(random_)];
  }
  std::string dir() {
    return pick({"etc", "etc", "run", "usr/local/lib", "usr/lib", "usr/lib"}) + "/systemd/system";
  }
  std::string name() {
    return pick({"a.service", "a-b.service", "a-b-c.service", "al.service", "t@.service",
                 "t@x.service", "t-u@.service", "v@.service", "b.service"});
  }
  std::string target() {
    switch (std::uniform_int_distribution<int>(0, 5)(random_)) {
      case 0:
        return "/dev/null";
      case 1:
        return name();
      default:
        return "/" + dir() + "/" + name();
    }
  }
  std::string unit() {
    return "[Unit]\n" + description() + "[Service]\nExecStart=/bin/true\n" + settings(3);
  }
  std::string drop_in() {
    return (chance(3) ? "[Unit]\n" + description() : std::string()) + "[Service]\n" + settings(3);
  }
  std::string description() {
    return pick({"", "Description=first\n", "Description=%n of %p\n", "Description=i %i I %I\n",
                 "Description=%N %j %J\n", "Description=%%n 100%%\n",
                 "Description=two \\\n  lines\n", "Description=%t %S %C %L %E %u %U %h\n",
                 "Description=%f\n"});
  }
  std::string settings(int most) {
    std::string text;
    const int count = std::uniform_int_distribution<int>(0, most)(random_);
    for (int i = 0; i < count; ++i)
      text += pick({"PrivateTmp=yes", "PrivateTmp=no", "PrivateTmp=", "PrivateTmp=maybe",
                    "ReadWritePaths=/a", "ReadWritePaths=/b /c",
                    "ReadWritePaths=", "ReadWritePaths=/i%i", "UMask=077", "UMask=027", "Type=exec",
                    "Type=simple", "WorkingDirectory=/w/%p", "WorkingDirectory=/x",
                    "WorkingDirectory=relative", "# UMask=0", "Unknown=1", "DynamicUser=maybe"}) +
              "\n";
    return text;
  }

  std::mt19937 random_;
};

// Several processes of CTest share the seeds.
class UnitLoadDifferential : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, UnitLoadDifferential, testing::Values(1U, 68U, 135U));

TEST_P(UnitLoadDifferential, UnitsAreReadAsSystemdReadsThem) {
  const auto version = test::ask("systemd-analyze --version");
  if (!version || !version->starts_with("systemd 252"))
    GTEST_SKIP() << "systemd-analyze 252 is not installed (Debian 12 package: systemd)";
  size_t compared = 0;
  for (unsigned seed = GetParam(); seed < GetParam() + 67; ++seed) {
    const auto tree = Generator(seed).tree();
    const test::ScratchDirectory root;
    test::write_tree(*tree, root.path());
    const std::set<std::string> names = {"a.service",   "a-b.service",   "a-b-c.service",
                                         "al.service",  "b.service",     "t@x.service",
                                         "t@y.service", "t-u@x.service", "v@x.service",
                                         "v@y.service", "gone.service"};
    Target target;
    target.name = "test";
    target.tree = tree;
    const auto tables = facts::all_tables();
    const auto store = facts::Store::create(tables);
    ASSERT_TRUE(store);
    facts::Context context(target, **store);
    Units found;
    // Of specifiers in its file a unit has the name under which it was asked for first: its own, here.
    std::vector<std::string> questions;
    std::map<std::string, std::set<std::string>> claims;  // name -> the units that have it
    for (const std::string& name : names)
      if (const facts::Unit* unit = facts::units(context).find(name);
          unit && unit->load == facts::Unit::Load::loaded && !facts::refusal(*unit)) {
        const std::string text = described(*tree, *unit);
        for (const std::string& other : unit->names) claims[other].insert(text);
        found[unit->id] = text;
        questions.push_back(unit->id);
      }
    for (const std::string& name : names)
      if (std::ranges::find(questions, name) == questions.end()) questions.push_back(name);
    Units wanted = dumped(*tree, root.path(), questions);
    // Of two units with one name systemd takes the one that is asked for first.
    const auto is_ambiguous = [&](const auto& one) {
      std::istringstream names_of(one.second.substr(0, one.second.find('\n')));
      for (std::string name; names_of >> name;)
        if (claims.contains(name) && claims[name].size() > 1) return true;
      return false;
    };
    std::erase_if(found, is_ambiguous);
    std::erase_if(wanted, is_ambiguous);
    compared += names.size();
    if (found == wanted) continue;
    std::string report;
    for (const auto& [id, text] : found)
      if (!wanted.contains(id) || wanted.at(id) != text)
        report += "== " + id + ", drydock:\n" + text +
                  (wanted.contains(id) ? "systemd:\n" + wanted.at(id) : "systemd: not loaded\n");
    for (const auto& [id, text] : wanted)
      if (!found.contains(id)) report += "== " + id + ", systemd only:\n" + text;
    ADD_FAILURE() << "seed " << seed << "\n"
                  << report
                  << test::ask("cd " + root.path() +
                               " && find . -type l -printf '%p -> %l\\n' -o -type f -exec head -n "
                               "99 -v {} +")
                         .value_or("");
  }
  EXPECT_GE(compared, 200u);
}

}  // namespace
}  // namespace drydock
