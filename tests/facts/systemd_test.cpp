#include "analyzer/facts/collect/unit_name.h"

#include <gtest/gtest.h>

#include "tests/facts/facts.h"

namespace drydock {
namespace {

constexpr std::string_view kSettings =
    "SELECT setting, ordinal, value, loc FROM unit_setting WHERE section <> 'Unit' ORDER BY "
    "setting, ordinal";
constexpr std::string_view kOverrides =
    "SELECT key, winner, loser, value, reason FROM override WHERE table_name = 'unit_setting' "
    "ORDER BY key, value";
constexpr std::string_view kUnits =
    "SELECT name, id, path, load, loc FROM unit ORDER BY name, path";

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->directory("etc/systemd/system").symlink("lib", "usr/lib");
  return tree;
}

// systemd.unit(5): "Multiple drop-in files with different names are applied in lexicographic order,
// regardless of which of the directories they reside in."
TEST(SystemdFacts, DropInsAreReadByNameBehindTheUnit) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/d.service",
             "[Service]\nExecStart=/bin/d -H unix\nUser=root\nEnvironment=A=1\n")
      .file("etc/systemd/system/d.service.d/10-a.conf", "[Service]\nEnvironment=B=2\nUser=late\n")
      .file("usr/lib/systemd/system/d.service.d/20-b.conf",
            "[Service]\nExecStart=\nExecStart=/bin/d -H tcp\nUser=d\n");
  EXPECT_EQ(
      test::facts(tree, kSettings),
      "d.service/Service/Environment | 1 | A=1 | usr/lib/systemd/system/d.service:4:1\n"
      "d.service/Service/Environment | 2 | B=2 | etc/systemd/system/d.service.d/10-a.conf:2:1\n"
      "d.service/Service/ExecStart | 1 | /bin/d -H tcp | "
      "usr/lib/systemd/system/d.service.d/20-b.conf:3:1\n"
      "d.service/Service/User | 1 | d | usr/lib/systemd/system/d.service.d/20-b.conf:4:1\n");
  EXPECT_EQ(
      test::facts(tree, kOverrides),
      "d.service/Service/ExecStart | usr/lib/systemd/system/d.service.d/20-b.conf:2:1 | "
      "usr/lib/systemd/system/d.service:2:1 | /bin/d -H unix | an empty assignment throws away "
      "what "
      "precedes it\n"
      "d.service/Service/User | usr/lib/systemd/system/d.service.d/20-b.conf:4:1 | "
      "etc/systemd/system/d.service.d/10-a.conf:3:1 | late | a drop-in of a later name is read "
      "after it\n"
      "d.service/Service/User | etc/systemd/system/d.service.d/10-a.conf:3:1 | "
      "usr/lib/systemd/system/d.service:3:1 | root | drop-ins are read after the unit file\n");
}

TEST(SystemdFacts, ADropInHidesThoseOfTheSameNameFurtherDown) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/a-b.service", "[Service]\nExecStart=/bin/a\n")
      .file("etc/systemd/system/a-b.service.d/x.conf", "[Service]\nNice=1\n")
      .file("usr/lib/systemd/system/a-b.service.d/x.conf", "[Service]\nNice=2\n")
      .file("etc/systemd/system/a-.service.d/x.conf", "[Service]\nNice=3\n")
      .file("etc/systemd/system/service.d/y.conf", "[Service]\nPrivateTmp=yes\n")
      .file("usr/lib/systemd/system/a-b.service.d/z.conf", "[Service]\nNice=4\n")
      .symlink("etc/systemd/system/a-b.service.d/z.conf", "/dev/null");
  EXPECT_EQ(test::facts(tree, kSettings),
            "a-b.service/Service/ExecStart | 1 | /bin/a | usr/lib/systemd/system/a-b.service:2:1\n"
            "a-b.service/Service/Nice | 1 | 1 | etc/systemd/system/a-b.service.d/x.conf:2:1\n"
            "a-b.service/Service/PrivateTmp | 1 | yes | etc/systemd/system/service.d/y.conf:2:1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, ordinal, hidden_by FROM unit_drop_in ORDER BY path"),
      "etc/systemd/system/a-.service.d/x.conf | - | etc/systemd/system/a-b.service.d/x.conf\n"
      "etc/systemd/system/a-b.service.d/x.conf | 1 | -\n"
      "etc/systemd/system/service.d/y.conf | 2 | -\n"
      "usr/lib/systemd/system/a-b.service.d/x.conf | - | etc/systemd/system/a-b.service.d/x.conf\n"
      "usr/lib/systemd/system/a-b.service.d/z.conf | - | "
      "etc/systemd/system/a-b.service.d/z.conf\n");
}

TEST(SystemdFacts, MasksAliasesAndTheOrderOfDirectories) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/a.service", "[Service]\nNice=1\n")
      .file("etc/systemd/system/a.service", "[Service]\nExecStart=/bin/a\nNice=2\n")
      .file("usr/lib/systemd/system/b.service", "[Service]\nNice=3\n")
      .symlink("etc/systemd/system/b.service", "/dev/null")
      .file("usr/lib/systemd/system/c.service", "")
      .symlink("etc/systemd/system/other.service", "/lib/systemd/system/a.service")
      .file("etc/systemd/system/other.service.d/o.conf", "[Service]\nNice=5\n")
      .file("opt/linked.service", "[Service]\nExecStart=/bin/l\nNice=4\n")
      .symlink("etc/systemd/system/linked.service", "/opt/linked.service");
  EXPECT_EQ(test::facts(tree, kUnits),
            "a.service | a.service | etc/systemd/system/a.service | loaded | "
            "etc/systemd/system/a.service\n"
            "b.service | b.service | etc/systemd/system/b.service | masked | "
            "etc/systemd/system/b.service\n"
            "c.service | c.service | usr/lib/systemd/system/c.service | masked | "
            "usr/lib/systemd/system/c.service\n"
            "linked.service | linked.service | opt/linked.service | loaded | opt/linked.service\n"
            "other.service | a.service | etc/systemd/system/a.service | loaded | "
            "etc/systemd/system/a.service\n");
  // Drop-ins of an alias are the unit's.
  EXPECT_EQ(test::facts(tree, kSettings),
            "a.service/Service/ExecStart | 1 | /bin/a | etc/systemd/system/a.service:2:1\n"
            "a.service/Service/Nice | 1 | 5 | etc/systemd/system/other.service.d/o.conf:2:1\n"
            "linked.service/Service/ExecStart | 1 | /bin/l | opt/linked.service:2:1\n"
            "linked.service/Service/Nice | 1 | 4 | opt/linked.service:3:1\n");
}

// systemd.timer(5), systemd.socket(5): an empty assignment resets its whole family; dependencies
// stay.
TEST(SystemdFacts, SomeListsAreResetTogetherAndDependenciesNever) {
  auto tree = host();
  tree->file("etc/systemd/system/s.socket",
             "[Unit]\nAfter=a.target\nAfter=\n[Socket]\nListenStream=1\nListenDatagram="
             "\nListenStream=2\n")
      .file("etc/systemd/system/t.timer",
            "[Timer]\nOnCalendar=daily\nOnBootSec=\nPersistent=yes\nPersistent=maybe\n");
  EXPECT_EQ(test::facts(tree, "SELECT setting, value FROM unit_setting ORDER BY setting, ordinal"),
            "s.socket/Socket/ListenStream | 2\ns.socket/Unit/After | "
            "a.target\nt.timer/Timer/Persistent | yes\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, reason FROM override ORDER BY key"),
            "s.socket/Socket/ListenStream | 1 | an empty assignment throws away what precedes it\n"
            "t.timer/Timer/OnCalendar | daily | an empty assignment throws away what precedes it\n"
            "t.timer/Timer/Persistent | maybe | no boolean: systemd ignores the line\n");
}

TEST(SystemdFacts, ARefusedUnitFileHasNoSettingsAndSaysSo) {
  auto tree = host();
  tree->file("etc/systemd/system/a.service", "[Service]\nNice=1\n[Oops\nNice=2\n")
      .file("etc/systemd/system/b.service", "[Service]\nNice=1\n")
      .file("etc/systemd/system/b.service.d/x.conf", "[Service]\nNice=2\n[Oops\nNice=3\n");
  EXPECT_EQ(test::facts(tree, "SELECT name, load FROM unit ORDER BY name"),
            "a.service | error\nb.service | bad-setting\n");
  EXPECT_EQ(test::facts(tree, kSettings),
            "b.service/Service/Nice | 1 | 2 | etc/systemd/system/b.service.d/x.conf:2:1\n");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT loc, code, effect FROM parse_issue WHERE table_name = 'unit' ORDER BY loc"),
      "etc/systemd/system/a.service:3:1 | bad-section | unknown\n"
      "etc/systemd/system/b.service.d/x.conf:3:1 | bad-section | unknown\n");
}

TEST(SystemdFacts, AnUnreadableDropInMakesTheUnitUnknown) {
  auto tree = host();
  tree->file("etc/systemd/system/a.service", "[Service]\nNice=1\n")
      .file("etc/systemd/system/a.service.d/x.conf", "[Service]\nNice=2\n")
      .break_file("etc/systemd/system/a.service.d/x.conf");
  EXPECT_EQ(test::facts(tree, kSettings), "");
  EXPECT_EQ(
      test::facts(
          tree, "SELECT path, code, effect, table_name FROM parse_issue WHERE table_name = 'unit'"),
      "etc/systemd/system/a.service.d/x.conf | not-readable | unknown | unit\n");
}

TEST(SystemdFacts, DropInsOfEveryUnitAreBounded) {
  auto host = std::make_shared<MemoryTree>();
  host->file("etc/systemd/system/service.d/all.conf",
             "[Service]\nUser=me\n#" + std::string(size_t{15} << 20, 'x') + "\n");
  for (int i = 10; i < 30; ++i)
    host->file("etc/systemd/system/s" + std::to_string(i) + ".service",
               "[Service]\nExecStart=/bin/a\n");
  EXPECT_EQ(
      test::facts(host, "SELECT load, count(*) FROM unit WHERE name GLOB 's[0-9]*' GROUP BY load"),
      "error | 3\nloaded | 17\n");
}

TEST(SystemdFacts, AFragmentHasLooseUnitsWithTheDropInsBesideThem) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("deploy/app.service", "[Service]\nUser=app\n")
      .file("deploy/app.service.d/10.conf", "[Service]\nUser=root\n")
      .file("other/app.service", "[Service]\nUser=x\n")
      .file("roles/docker.service.d/override.conf",
            "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://\n");
  EXPECT_EQ(
      test::facts(tree, kUnits, Scope::fragment),
      "app.service | app.service | deploy/app.service | bad-setting | deploy/app.service\n"
      "app.service | app.service | other/app.service | bad-setting | other/app.service\n"
      "docker.service | docker.service | - | not-found | roles/docker.service.d/override.conf\n");
  EXPECT_EQ(test::facts(tree, kSettings, Scope::fragment),
            "app.service/Service/User | 1 | root | deploy/app.service.d/10.conf:2:1\n"
            "app.service/Service/User | 1 | x | other/app.service:2:1\n"
            "docker.service/Service/ExecStart | 1 | /usr/bin/dockerd -H tcp:// | "
            "roles/docker.service.d/override.conf:3:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT unit FROM unit_state", Scope::fragment), "");
}

TEST(SystemdFacts, StatesFollowTheLinks) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/cron.service", "[Install]\nWantedBy=multi-user.target\n")
      .symlink("etc/systemd/system/multi-user.target.wants/cron.service",
               "/lib/systemd/system/cron.service")
      .file("usr/lib/systemd/system/telnet.socket", "[Install]\nWantedBy=sockets.target\n")
      .file("usr/lib/systemd/system-preset/90.preset", "disable cron.service\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT unit, state, preset, wanted_by, loc FROM unit_state ORDER BY unit"),
      "cron.service | enabled | disabled | multi-user.target | "
      "etc/systemd/system/multi-user.target.wants/cron.service\n"
      "telnet.socket | disabled | enabled | - | usr/lib/systemd/system/telnet.socket\n");
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += name + " ";
  return out;
}

TEST(UnitNames, TheirDropInDirectoriesAreTheTruncatedOnesToo) {
  using facts::drop_in_names;
  EXPECT_EQ(joined(drop_in_names("foo-bar-baz.service")),
            "foo-bar-baz.service foo-bar-.service foo-.service ");
  EXPECT_EQ(joined(drop_in_names("a-b@x-y.service")),
            "a-b@x-y.service a-b@.service a-.service a-@x-y.service a-@.service ");
  EXPECT_EQ(joined(drop_in_names("-.mount")), "-.mount ");
  EXPECT_EQ(joined(drop_in_names("no unit")), "");
}

}  // namespace
}  // namespace drydock
