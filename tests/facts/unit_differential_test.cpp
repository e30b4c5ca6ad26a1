// The same question to drydock and to systemd's own programs, on generated trees.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "analyzer/facts/collect/unit_files.h"
#include "tests/facts/facts.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr std::string_view kDirectories[] = {
    "etc/systemd/system.control", "run/systemd/transient",        "etc/systemd/system",
    "etc/systemd/system",         "etc/systemd/system",           "run/systemd/system",
    "run/systemd/generator",      "usr/local/lib/systemd/system", "usr/lib/systemd/system",
    "usr/lib/systemd/system",     "usr/lib/systemd/system",       "run/systemd/generator.late"};
constexpr std::string_view kNames[] = {
    "a.service",  "b.service",   "c-d.service", "c-d-e.service",    "t@.service", "t@x.service",
    "u@.service", "u@y.service", "a.socket",    "a.timer",          "m.mount",    "s.slice",
    "g.target",   "a.path",      "w.swap",      "bad name.service", "x.conf",     "dev-sda.device"};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::shared_ptr<MemoryTree> tree() {
    auto tree = std::make_shared<MemoryTree>();
    tree->directory("etc/systemd/system").directory("opt/units");
    if (chance(2)) tree->symlink("lib", "usr/lib");
    for (int i = 0; i < 14; ++i) {
      const std::string path = dir() + "/" + name();
      if (tree->lstat(path)) continue;
      if (chance(2))
        tree->file(path, chance(8) ? "" : unit());
      else
        tree->symlink(path, target());
    }
    for (int i = 0; i < 8; ++i) {
      const std::string path = dir() + "/" + pick({"multi-user.target", "g.target", "a.service"}) +
                               pick({".wants", ".requires"}) + "/" + name();
      if (!tree->lstat(path)) tree->symlink(path, target());
    }
    for (int i = 0; i < 4; ++i) {
      const std::string path =
          dir() + "/" +
          pick({"a.service", "b.service", "c-.service", "t@.service", "t@x.service", "service"}) +
          ".d/" + pick({"10-a.conf", "20-b.conf", ".hidden.conf", "plain"});
      if (tree->lstat(path)) continue;
      if (chance(5))
        tree->symlink(path, "../nowhere.conf");
      else
        tree->file(path, unit());
    }
    tree->file("opt/units/a.service", unit()).file("opt/units/other.service", unit());
    for (int i = 0; i < 2; ++i)
      tree->file(pick({"etc", "run", "usr/lib"}) + "/systemd/system-preset/" +
                     pick({"10", "50", "90"}) + "-x.preset",
                 "# policy\n" + pick({"enable", "disable"}) + " " +
                     pick({"a.*", "t@.service x y", "*.service", "b.service"}) + "\n" +
                     pick({"disable *\n", "enable g.target\n", "nonsense\n", ""}));
    return tree;
  }

 private:
  bool chance(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }
  template <class Range>
  std::string of(const Range& range) {
    return std::string(
        range[std::uniform_int_distribution<size_t>(0, std::size(range) - 1)(random_)]);
  }
  std::string pick(std::vector<std::string> options) { return of(options); }
  std::string dir() { return of(kDirectories); }
  std::string name() { return of(kNames); }

  std::string target() {
    switch (std::uniform_int_distribution<int>(0, 7)(random_)) {
      case 0:
        return "/dev/null";
      case 1:
        return "/opt/units/" + pick({"a.service", "other.service", "gone.service"});
      case 2:
        return name();
      case 3:
        return "../../../usr/lib/systemd/system/" + name();
      case 4:
        return "/lib/systemd/system/" + name();
      default:
        return "/" + dir() + "/" + name();
    }
  }

  std::string unit() {
    std::string text = "[Unit]\nDescription=demo\n";
    if (chance(12)) text += "[Broken\n";
    if (chance(3)) return text;
    text += "[Install]\n";
    for (int i = 0; i < 2; ++i)
      text += pick({"WantedBy=multi-user.target\n", "WantedBy=\n", "RequiredBy=g.target\n",
                    "Alias=b.service\n", "Alias=t@x.service\n", "Also=a.socket\n", "Also=\n",
                    "DefaultInstance=x\n", "DefaultInstance=\n",
                    "WantedBy=multi-user.target \\\n  g.target\n", "Foo=bar\n"});
    return text;
  }

  std::mt19937 random_;
};

// list-unit-files shows no heed of the instances behind a template ("enable t@.service x"), though
// systemctl preset goes by them: the presets of instances are left out.
std::string preset_of(const nlohmann::json& unit) {
  const std::string name = unit["unit_file"];
  const bool is_instance =
      name.find('@') != std::string::npos && name.find("@.") == std::string::npos;
  return unit["preset"].is_null() || is_instance ? "-" : std::string(unit["preset"]);
}

// Several processes of CTest share the seeds.
class UnitStateDifferential : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, UnitStateDifferential, testing::Values(1U, 101U));

TEST_P(UnitStateDifferential, StatesAreThoseOfListUnitFiles) {
  if (!test::ask("systemctl --version"))
    GTEST_SKIP() << "systemctl is not installed (Debian package: systemd)";
  size_t compared = 0;
  for (unsigned seed = GetParam(); seed < GetParam() + 100; ++seed) {
    const auto tree = Generator(seed).tree();
    const test::ScratchDirectory root;
    test::write_tree(*tree, root.path());
    const auto real = test::ask("systemctl --root=" + root.path() +
                                " list-unit-files --full -o json 2>/dev/null");
    ASSERT_TRUE(real);
    std::map<std::string, std::string> expected;
    for (const auto& unit : nlohmann::json::parse(*real))
      expected[unit["unit_file"]] = std::string(unit["state"]) + " " + preset_of(unit);
    compared += expected.size();
    std::string wanted;
    for (const auto& [unit, state] : expected) wanted += unit + " " + state + "\n";
    const std::string found = test::facts(
        tree,
        "SELECT unit || ' ' || state || ' ' || CASE WHEN unit GLOB '*@?*.*' THEN '-' ELSE "
        "coalesce(preset, '-') END FROM unit_state ORDER BY unit");
    EXPECT_EQ(found, wanted)
        << "seed " << seed << "\n"
        << test::ask("cd " + root.path() +
                     " && find . -type l -printf '%p -> %l\\n' -o -type f -exec head -n 99 -v {} +")
               .value_or("");
  }
  EXPECT_GE(compared, 500u);
}

// systemd-analyze knows the drop-ins of a name in the directories of the host; not the truncated
// ones.
TEST(UnitDifferential, DropInsAreReadInTheOrderOfCatConfig) {
  if (!test::ask("systemd-analyze --version"))
    GTEST_SKIP() << "systemd-analyze is not installed (Debian package: systemd)";
  std::mt19937 random(7);
  size_t drop_ins = 0;
  for (int round = 0; round < 200; ++round) {
    auto tree = std::make_shared<MemoryTree>();
    tree->file("usr/lib/systemd/system/d.service", "[Service]\nNice=1\n");
    for (const std::string_view directory : {"etc", "run", "usr/local/lib", "usr/lib"})
      for (const std::string_view file : {"10.conf", "9.conf", "a.conf", "Z.conf", "a.conf.bak"}) {
        const std::string path =
            std::string(directory) + "/systemd/system/d.service.d/" + std::string(file);
        if (const auto dice = random() % 6; dice == 0)
          tree->file(path, "");
        else if (dice < 3)
          tree->file(path, "[Service]\nNice=2\n");
      }
    const test::ScratchDirectory root;
    test::write_tree(*tree, root.path());
    const auto real = test::ask("systemd-analyze cat-config --root=" + root.path() +
                                " systemd/system/d.service | sed -n 's,^# " + root.path() +
                                "/,,p' | grep '/d.service.d/'");
    const std::string found = test::facts(
        tree, "SELECT path FROM unit_drop_in WHERE ordinal IS NOT NULL ORDER BY ordinal");
    std::string wanted;  // cat-config lists empty files too
    for (size_t begin = 0, end = 0; (end = real->find('\n', begin)) != std::string::npos;
         begin = end + 1)
      if (const std::string path = real->substr(begin, end - begin); tree->lstat(path)->size > 0)
        wanted += path + "\n";
    drop_ins += static_cast<size_t>(std::count(wanted.begin(), wanted.end(), '\n'));
    EXPECT_EQ(found, wanted) << "round " << round;
  }
  EXPECT_GT(drop_ins, 500u);
}

}  // namespace
}  // namespace drydock
