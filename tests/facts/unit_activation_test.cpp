// Who starts a unit, what it runs, and what systemd leaves out.
#include <gtest/gtest.h>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/facts/collect/unit_key.h"
#include "analyzer/facts/collect/unit_specifier.h"
#include "tests/facts/facts.h"

namespace drydock {
namespace {

const std::string kService = "[Service]\nExecStart=/bin/true\n";
constexpr std::string_view kActivations =
    "SELECT unit, by, how, reached, loc FROM unit_activation ORDER BY unit, by, how";
constexpr std::string_view kProblems =
    "SELECT unit, problem, key, value, detail, loc FROM unit_problem ORDER BY path, rowid";

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->directory("etc/systemd/system").symlink("lib", "usr/lib");
  return tree;
}

TEST(UnitActivation, LinksSettingsSocketsTimersAndPaths) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/a.service",
             "[Unit]\nWants=b.service gone.service\n" + kService)
      .file("usr/lib/systemd/system/b.service", kService)
      .file("usr/lib/systemd/system/c.service", kService)
      .file("usr/lib/systemd/system/c.socket", "[Socket]\nListenStream=/run/c\n")
      .file("usr/lib/systemd/system/d@.service", kService)
      .file("usr/lib/systemd/system/d.socket", "[Socket]\nListenStream=1\nAccept=yes\n")
      .file("usr/lib/systemd/system/e.timer", "[Timer]\nOnCalendar=daily\nUnit=b.service\n")
      .file("usr/lib/systemd/system/f@.service", kService)
      .symlink("etc/systemd/system/multi-user.target.wants/a.service",
               "/lib/systemd/system/a.service")
      .symlink("etc/systemd/system/sockets.target.wants/c.socket", "/lib/systemd/system/c.socket")
      .symlink("etc/systemd/system/sockets.target.wants/d.socket", "/lib/systemd/system/d.socket")
      .symlink("etc/systemd/system/rescue.target.wants/e.timer", "/lib/systemd/system/e.timer")
      .symlink("etc/systemd/system/getty.target.wants/f@x.service",
               "/lib/systemd/system/f@.service");
  EXPECT_EQ(test::facts(tree, kActivations),
            "a.service | multi-user.target | wants-link | 1 | "
            "etc/systemd/system/multi-user.target.wants/a.service\n"
            "b.service | a.service | wants | 1 | usr/lib/systemd/system/a.service:2:1\n"
            "b.service | e.timer | timer | 0 | usr/lib/systemd/system/e.timer:3:1\n"
            "c.service | c.socket | socket | 1 | usr/lib/systemd/system/c.socket\n"
            "c.socket | sockets.target | wants-link | 1 | "
            "etc/systemd/system/sockets.target.wants/c.socket\n"
            "d.socket | sockets.target | wants-link | 1 | "
            "etc/systemd/system/sockets.target.wants/d.socket\n"
            "d@.service | d.socket | socket | 1 | usr/lib/systemd/system/d.socket\n"
            "e.timer | rescue.target | wants-link | 0 | "
            "etc/systemd/system/rescue.target.wants/e.timer\n"
            "f@x.service | getty.target | wants-link | 1 | "
            "etc/systemd/system/getty.target.wants/f@x.service\n");
}

// systemd-sysv-generator(8): "when a native unit with the same name exists, it takes precedence".
TEST(UnitActivation, TheBusAndInitScriptsAndMasks) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/dbus.socket", "[Socket]\nListenStream=/run/dbus\n")
      .symlink("usr/lib/systemd/system/sockets.target.wants/dbus.socket", "../dbus.socket")
      .file("usr/lib/systemd/system/hostnamed.service", kService)
      .symlink("usr/lib/systemd/system/dbus-org.x.service", "hostnamed.service")
      .file("usr/share/dbus-1/system-services/org.x.service",
            "[D-BUS Service]\nName=org.x\nExec=/bin/false\nSystemdService=dbus-org.x.service\n")
      .file("usr/lib/systemd/system/native.service", kService)
      .file("usr/lib/systemd/system/masked.service", kService)
      .symlink("etc/systemd/system/masked.service", "/dev/null")
      .symlink("etc/systemd/system/multi-user.target.wants/masked.service", "../masked.service")
      .file("etc/init.d/old", "#!/bin/sh\n", 0755)
      .file("etc/init.d/native", "#!/bin/sh\n", 0755)
      .symlink("etc/rc3.d/S02old", "../init.d/old")
      .symlink("etc/rc3.d/S02native", "../init.d/native")
      .symlink("etc/rc3.d/K01native", "../init.d/native");
  EXPECT_EQ(test::facts(tree, kActivations),
            "dbus.socket | sockets.target | wants-link | 1 | "
            "usr/lib/systemd/system/sockets.target.wants/dbus.socket\n"
            "hostnamed.service | org.x | dbus | 1 | "
            "usr/share/dbus-1/system-services/org.x.service:4:1\n"
            "old.service | multi-user.target | sysv | 1 | etc/rc3.d/S02old\n");
}

TEST(UnitActivation, ADefaultTargetThatStartsLess) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/x.service", kService)
      .file("usr/lib/systemd/system/graphical.target", "[Unit]\n")
      .file("usr/lib/systemd/system/multi-user.target", "[Unit]\n")
      .symlink("etc/systemd/system/default.target", "/lib/systemd/system/multi-user.target")
      .symlink("etc/systemd/system/graphical.target.wants/x.service", "../x.service");
  EXPECT_EQ(test::facts(tree, "SELECT unit, reached FROM unit_activation"), "x.service | 0\n");
}

// An instance that names two longer ones, and so on: bounded.
TEST(UnitActivation, InstancesWithoutEnd) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/a@.service",
             "[Unit]\nWants=a@%ix.service a@%iy.service\n" + kService)
      .symlink("etc/systemd/system/multi-user.target.wants/a@1.service",
               "/lib/systemd/system/a@.service");
  EXPECT_NE(test::facts(tree, "SELECT count(*) FROM unit_activation"), "0\n");
}

TEST(UnitProblem, LinesThatSystemdSkips) {
  auto tree = host();
  tree->file("etc/systemd/system/a.service",
             "[Service]\nExecStart=/bin/true\nPrivatTmp=yes\nWantedBy=x.target\nX-Mine=1\n"
             "NoNewPrivileges=ture\nCapabilityBoundingSet=CAP_KILL NET_ADMIN\n[Servce]\nA=b\n"
             "[Unit]\nnonsense\n")
      .file("etc/systemd/system/b.service", "[Service]\nExecStart=bin/true\n");
  EXPECT_EQ(test::facts(tree, kProblems),
            "a.service | unknown-key | PrivatTmp | yes | PrivateTmp= | "
            "etc/systemd/system/a.service:3:1\n"
            "a.service | wrong-section | WantedBy | x.target | it belongs to [Install] | "
            "etc/systemd/system/a.service:4:1\n"
            "a.service | unknown-section | - | - | a section that such a file does not have | "
            "etc/systemd/system/a.service:8:1\n"
            "a.service | bad-line | - | - | expected '=' after the key | "
            "etc/systemd/system/a.service:11:1\n"
            "a.service | bad-value | NoNewPrivileges | ture | neither yes nor no | "
            "etc/systemd/system/a.service:6:1\n"
            "a.service | bad-value | CapabilityBoundingSet | NET_ADMIN | no capability | "
            "etc/systemd/system/a.service:7:1\n"
            "b.service | refused | - | - | ExecStart=: bin/true is a relative path | "
            "etc/systemd/system/b.service\n");
}

TEST(UnitProblem, FilesThatSystemdNeverReads) {
  auto tree = host();
  tree->file("etc/systemd/lost.service", kService)
      .file("etc/systemd/system/sub/deep.service", kService)
      .file("etc/systemd/system/a.service", kService)
      .file("etc/systemd/system/a.service.d/x.conf", "[Service]\nNice=1\n")
      .file("etc/systemd/system/a.service.d/override", "[Service]\nNice=1\n")
      .file("etc/systemd/system/b.service.d/x.conf", "[Service]\nNice=1\n")
      .file("etc/systemd/system/docker.d/x.conf", "[Service]\nNice=1\n")
      .file("etc/systemd/system/service.d/x.conf", "[Service]\nNice=1\n")
      .file("etc/systemd/system/multi-user.target.wants/a.service", kService);
  EXPECT_EQ(test::facts(tree, kProblems),
            "lost.service | not-searched | - | - | - | etc/systemd/lost.service\n"
            "a.service | not-conf | - | - | - | etc/systemd/system/a.service.d/override\n"
            "b.service | no-unit | - | - | - | etc/systemd/system/b.service.d/x.conf\n"
            "docker | not-searched | - | - | no unit can have this name | "
            "etc/systemd/system/docker.d/x.conf\n"
            "a.service | not-a-link | - | - | it does not make multi-user.target start anything | "
            "etc/systemd/system/multi-user.target.wants/a.service\n"
            "deep.service | not-searched | - | - | systemd does not look into subdirectories | "
            "etc/systemd/system/sub/deep.service\n");
}

// A drop-in counts up to the line at which systemd gives it up.
TEST(UnitProblem, AFatalSettingEndsADropIn) {
  auto tree = host();
  tree->file("etc/systemd/system/a.service", kService)
      .file("etc/systemd/system/a.service.d/x.conf",
            "[Service]\nPrivateTmp=yes\nRootDirectory=srv\nProtectHome=yes\n");
  EXPECT_EQ(test::facts(tree, "SELECT key FROM unit_setting ORDER BY key"),
            "ExecStart\nPrivateTmp\n");
  EXPECT_EQ(test::facts(tree, kProblems),
            "a.service | cut-short | - | - | RootDirectory=srv: no absolute path; systemd leaves "
            "out the rest | etc/systemd/system/a.service.d/x.conf:3:1\n");
}

TEST(UnitCommand, ProgramsScriptsAndWhoRunsThem) {
  auto tree = host();
  tree->file("etc/systemd/system/a.service",
             "[Service]\nUser=app\nExecStartPre=+/bin/prepare\nExecStart=-/bin/sh -e /opt/run %n\n"
             "ExecStop=killall x\n")
      .symlink("bin", "usr/bin")
      .file("usr/bin/prepare", "")
      .file("usr/bin/killall", "");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, role, program, path, user, activated, value_loc FROM "
                        "unit_command ORDER BY rowid"),
            "ExecStartPre | program | /bin/prepare | usr/bin/prepare | root | 0 | "
            "etc/systemd/system/a.service:3:15\n"
            "ExecStart | program | /bin/sh | - | app | 0 | etc/systemd/system/a.service:4:12\n"
            "ExecStart | script | /opt/run | - | app | 0 | etc/systemd/system/a.service:4:23\n"
            "ExecStop | program | killall | usr/bin/killall | app | 0 | "
            "etc/systemd/system/a.service:5:10\n");
}

// systemd.unit(5) "SPECIFIERS".
TEST(UnitSpecifiers, AreReplacedWhereFilesTellThem) {
  MemoryTree tree;
  tree.file("etc/hostname", "web.example\n")
      .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
  facts::Unit unit;
  unit.id = "foo-bar@a-b\\x2dc.service";
  unit.path = "etc/systemd/system/foo-bar@.service";
  const auto expand = [&](std::string_view text) {
    return facts::expand_specifiers(tree, unit, text).value_or("?");
  };
  EXPECT_EQ(expand("%n %N"), "foo-bar@a-b\\x2dc.service foo-bar@a-b\\x2dc");
  EXPECT_EQ(expand("%p|%i|%I|%j|%f"), "foo-bar|a-b\\x2dc|a/b-c|bar|/a/b-c");
  EXPECT_EQ(expand("%H %l %o %w %t %S %% %"), "web.example web debian 12 /run /var/lib % %");
  EXPECT_EQ(expand("%b"), "?");
  EXPECT_EQ(expand("%z"), "?");
  unit.id = "foo@.service";
  EXPECT_EQ(expand("%p %i"), "?");
}

TEST(UnitKeys, KnowSectionsAndWhatWasMeant) {
  EXPECT_TRUE(facts::is_unit_key("Service", "PrivateTmp"));
  EXPECT_TRUE(facts::is_unit_key("Mount", "PrivateTmp"));
  EXPECT_FALSE(facts::is_unit_key("Timer", "PrivateTmp"));
  EXPECT_EQ(facts::similar_unit_key("Service", "ProtectSytem"), "ProtectSystem");
  EXPECT_EQ(facts::similar_unit_key("Service", "Whatever"), "");
  EXPECT_EQ(facts::section_of_unit_key("service", "WantedBy"), "Install");
}

}  // namespace
}  // namespace drydock
