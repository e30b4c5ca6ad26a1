#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analyzer/facts/collect/audit_merge.h"
#include "tests/facts/facts.h"
#include "tests/facts/random.h"
#include "tests/oracle.h"

namespace drydock {
namespace {

constexpr std::string_view kRules =
    "SELECT position, list, action, syscalls, arch, path, path_kind, perm, fields, key, "
    "why_not_loaded, loc FROM audit_rule";
constexpr std::string_view kControls =
    "SELECT key, value, loc FROM audit_control WHERE NOT is_default ORDER BY key";

std::shared_ptr<MemoryTree> host() {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/passwd", "").directory("etc/audit/rules.d");
  return tree;
}

// auditctl(8): a rule's parts, in one spelling each.
TEST(AuditFacts, RulesStandInTheOrderOfTheKernel) {
  auto tree = host();
  tree->file(
      "etc/audit/rules.d/10.rules",
      "-w /etc/passwd -p wa -k identity\n"
      "-a always,exit -F arch=b64 -S open,openat -F auid!=4294967295 -F auid>=0x3e8 -k a -k b\n"
      "-A never,exit -F dir=/etc/ -F perm=r\n");
  EXPECT_EQ(
      test::facts(tree, kRules),
      "1 | exit | never | all | - | /etc/ | dir | r |  | - | - | etc/audit/rules.d/10.rules:3:1\n"
      "2 | exit | always | all | - | /etc/passwd | path | wa |  | identity | - | "
      "etc/audit/rules.d/10.rules:1:1\n"
      "3 | exit | always | open,openat | b64 | - | - | - | auid!=unset auid>=1000 | a,b | - | "
      "etc/audit/rules.d/10.rules:2:1\n");
}

// augenrules(8): "The last processed -D directive ... first line ... -b ... second line ... -f ... third
// line ... -e ... last line".
TEST(AuditFacts, AugenrulesMovesTheControlsAndKeepsTheLast) {
  auto tree = host();
  tree->file("etc/audit/rules.d/10-base.rules", "-D\n-b 8192\n-f 1\n-e 2\n");
  tree->file("etc/audit/rules.d/20-more.rules", "-w /etc/passwd -p wa\n-f 2\n-e 1\n");
  EXPECT_EQ(test::facts(tree, kControls),
            "backlog_limit | 8192 | etc/audit/rules.d/10-base.rules:2:1\n"
            "enabled | 1 | etc/audit/rules.d/20-more.rules:3:1\n"
            "failure | 2 | etc/audit/rules.d/20-more.rules:2:1\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT key, winner, loser, value, reason FROM override WHERE table_name = "
                        "'audit_control' ORDER BY key"),
            "enabled | etc/audit/rules.d/20-more.rules:3:1 | etc/audit/rules.d/10-base.rules:4:1 | "
            "-e 2 | "
            "augenrules keeps the last one only\n"
            "failure | etc/audit/rules.d/20-more.rules:2:1 | etc/audit/rules.d/10-base.rules:3:1 | "
            "-f 1 | "
            "augenrules keeps the last one only\n");
}

TEST(AuditFacts, DefaultsAreTheKernels) {
  EXPECT_EQ(
      test::facts(host(), "SELECT key, value, is_default, loc FROM audit_control ORDER BY key"),
      "backlog_limit | 64 | 1 | -\n"
      "backlog_wait_time | 60000 | 1 | -\n"
      "continue_on_errors | 0 | 1 | -\n"
      "enabled | 1 | 1 | -\n"
      "failure | 1 | 1 | -\n"
      "ignore_errors | 0 | 1 | -\n"
      "loginuid_immutable | 0 | 1 | -\n"
      "rate_limit | 0 | 1 | -\n");
}

// augenrules makes audit.rules anew at every start; by hand it is of use only without rules.d.
TEST(AuditFacts, AuditRulesCountsOnlyWithoutADirectory) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("etc/audit/audit.rules", "-w /etc/passwd -p wa\n").file("etc/passwd", "");
  EXPECT_EQ(test::facts(tree, "SELECT path, loc FROM audit_rule WHERE is_loaded"),
            "/etc/passwd | etc/audit/audit.rules:1:1\n");
  tree->file("etc/audit/rules.d/x.conf", "-w /etc/shadow -p wa\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, loc FROM audit_rule WHERE is_loaded"), "");
  EXPECT_EQ(
      test::facts(tree, "SELECT is_loaded, text, why_not_loaded, loc FROM audit_line"),
      "0 | -w /etc/shadow -p wa | augenrules reads only files whose name ends in .rules and has no "
      "blank | etc/audit/rules.d/x.conf:1:1\n");
}

// The comment in auditd.service and README.Debian: a drop-in may load audit.rules itself.
TEST(AuditFacts, TheUnitSaysWhatLoads) {
  auto tree = host();
  tree->file("usr/lib/systemd/system/auditd.service",
             "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n");
  tree->file("etc/audit/rules.d/10.rules", "-w /etc/passwd -p wa\n");
  tree->file("etc/audit/audit.rules", "-w /etc/shadow -p wa\n");
  constexpr std::string_view kLoad = "SELECT loader, because, files, rules FROM audit_load";
  EXPECT_EQ(test::facts(tree, kLoad),
            "augenrules | auditd.service runs '/sbin/augenrules --load' | "
            "etc/audit/rules.d/10.rules | 1\n");
  tree->file(
      "etc/systemd/system/auditd.service.d/augenrules.conf",
      "[Service]\nExecStartPost=\nExecStartPost=-/sbin/auditctl -R /etc/audit/audit.rules\n");
  EXPECT_EQ(test::facts(tree, kLoad),
            "auditctl | auditd.service runs '/sbin/auditctl -R /etc/audit/audit.rules' | "
            "etc/audit/audit.rules | 1\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, is_loaded FROM audit_rule"), "/etc/shadow | 1\n");
  tree->file("etc/systemd/system/auditd.service.d/augenrules.conf",
             "[Service]\nExecStartPost=\nExecStartPost=-/sbin/auditctl\n");
  EXPECT_EQ(test::facts(tree, kLoad),
            "auditctl | auditd.service runs '/sbin/auditctl', which loads no rules | "
            "etc/audit/audit.rules | 1\n");
  // One weakness, not one for each path: what would be loaded is judged all the same.
  EXPECT_EQ(test::facts(tree, "SELECT loads FROM audit_load"), "0\n");
  EXPECT_EQ(test::facts(tree, "SELECT path, is_loaded FROM audit_rule"), "/etc/shadow | 1\n");
}

// systemd.unit(5), "Unit File Load Path": drop-ins for all services, and a mask, count for auditd too.
TEST(AuditFacts, TheUnitIsReadAsSystemdReadsIt) {
  constexpr std::string_view kLoad = "SELECT loader, because, loads, rules FROM audit_load";
  const auto audited = [] {
    auto tree = host();
    tree->file("usr/lib/systemd/system/auditd.service",
               "[Service]\nExecStart=/sbin/auditd\nExecStartPost=-/sbin/augenrules --load\n");
    tree->file("etc/audit/rules.d/10.rules", "-w /etc/passwd -p wa\n");
    return tree;
  };
  auto tree = audited();
  tree->file("etc/systemd/system/service.d/quiet.conf", "[Service]\nExecStartPost=\n");
  EXPECT_EQ(test::facts(tree, kLoad),
            "none | auditd.service runs nothing that loads rules | 0 | 1\n");
  tree = audited();
  tree->symlink("etc/systemd/system/auditd.service", "/dev/null");
  EXPECT_EQ(test::facts(tree, kLoad), "none | auditd.service is masked | 0 | 1\n");
  tree = audited();
  tree->file("etc/systemd/system.control/auditd.service.d/50-x.conf",
             "[Service]\nExecStartPost=\nExecStartPost=/sbin/auditctl -R /etc/audit/audit.rules\n");
  EXPECT_EQ(test::facts(tree, kLoad),
            "auditctl | auditd.service runs '/sbin/auditctl -R /etc/audit/audit.rules' | 1 | 0\n");
}

TEST(AuditFacts, AFailingLineEndsTheLoading) {
  auto tree = host();
  tree->file("etc/audit/rules.d/10.rules",
             "-w /etc/passwd -p wa\n-w /opt/app/bin -p x\n-w /etc/shadow -p wa\n-e 2\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT loader, files, rules, lost, stop_reason, stop_loc FROM audit_load"),
      "augenrules | etc/audit/rules.d/10.rules | 1 | 2 | the directory '/opt/app' does not exist | "
      "etc/audit/rules.d/10.rules:2:1\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT text, why_not_loaded FROM audit_line WHERE NOT is_loaded"),
      "-w /opt/app/bin -p x | the directory '/opt/app' does not exist\n"
      "-w /etc/shadow -p wa | auditctl stops at etc/audit/rules.d/10.rules:2: the directory "
      "'/opt/app' does not exist\n"
      "-e 2 | auditctl stops at etc/audit/rules.d/10.rules:2: the directory '/opt/app' does not "
      "exist\n");
  EXPECT_EQ(test::facts(tree, "SELECT value, is_default FROM audit_control WHERE key = 'enabled'"),
            "1 | 1\n");
}

// tmpfiles.d(5) makes directories below /run before auditd starts; a file system of fstab that the artifact
// lacks may hold the directory.
TEST(AuditFacts, WhatMayExistIsNoFailure) {
  auto tree = host();
  tree->file("usr/lib/tmpfiles.d/x.conf", "d /run/app/sub 0755 root root -\n");
  tree->file("etc/fstab", "/dev/sdb1 /srv ext4 defaults 0 2\n").directory("srv").directory("run");
  tree->file("etc/audit/rules.d/10.rules",
             "-w /run/app/sub/socket -p wa\n-w /run/app/file\n-w /srv/data/x/y -p wa\n"
             "-w /run/other/file\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, why_not_loaded FROM audit_rule"),
      "/run/app/sub/socket | -\n/run/app/file | -\n/srv/data/x/y | -\n"
      "/run/other/file | the directory '/run/other' does not exist when the rules are loaded at "
      "boot\n");
}

TEST(AuditFacts, AFileWithoutANewlineRunsIntoTheNext) {
  auto tree = host();
  tree->file("etc/audit/rules.d/1.rules", "-w /etc/passwd -p wa");
  tree->file("etc/audit/rules.d/2.rules", "-w /etc/shadow -p wa\n");
  EXPECT_EQ(test::facts(tree, "SELECT stop_reason, stop_loc FROM audit_load"),
            "'wa-w' is no set of the letters r, w, x and a | etc/audit/rules.d/1.rules:1:1\n");
}

TEST(AuditFacts, InAFragmentEveryFileStandsForItself) {
  auto tree = std::make_shared<MemoryTree>();
  tree->file("roles/x/files/audit/rules.d/docker.rules", "-w /usr/bin/dockerd -k docker\n-f 0\n");
  tree->file("files/auditd.conf", "max_log_file = 8\nSPACE_LEFT_ACTION = Email\n");
  EXPECT_EQ(
      test::facts(tree, "SELECT path, path_kind, is_loaded, loc FROM audit_rule", Scope::fragment),
      "/usr/bin/dockerd | path | 1 | roles/x/files/audit/rules.d/docker.rules:1:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM audit_control", Scope::fragment),
            "failure | 0 | roles/x/files/audit/rules.d/docker.rules:2:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT key, value, loc FROM audit_config", Scope::fragment),
            "max_log_file | 8 | files/auditd.conf:1:1\n"
            "space_left_action | email | files/auditd.conf:2:1\n");
  EXPECT_EQ(test::facts(tree, "SELECT * FROM audit_load", Scope::fragment), "");
  EXPECT_EQ(test::facts(tree, "SELECT * FROM audit_coverage", Scope::fragment), "");
}

TEST(AuditFacts, TheDaemonsSettingsWithTheirDefaults) {
  auto tree = host();
  tree->file("etc/audit/auditd.conf",
             "max_log_file = 8\ndisk_full_action = EXEC /x\nmax_log_file = 9\n");
  EXPECT_EQ(
      test::facts(tree,
                  "SELECT key, value, is_default, loc, value_loc FROM audit_config WHERE key IN "
                  "('max_log_file', 'disk_full_action', 'num_logs', 'name') ORDER BY key"),
      "disk_full_action | exec | 0 | etc/audit/auditd.conf:2:1 | etc/audit/auditd.conf:2:20\n"
      "max_log_file | 9 | 0 | etc/audit/auditd.conf:3:1 | etc/audit/auditd.conf:3:16\n"
      "name | - | 1 | - | -\n"
      "num_logs | 0 | 1 | - | -\n");
}

// ls(1) -v itself sorts these names.
TEST(AuditFacts, FilesAreSortedAsLsDoes) {
  const test::ScratchDirectory directory;
  std::vector<std::string> names = {
      "10-a.rules",  "2-b.rules",    "audit.rules",       "a.rules",   "A.rules",  "a1.rules",
      "a10.rules",   "a2.rules",     "a-1.rules",         "a_1.rules", "a~.rules", "00-x.rules",
      "0-x.rules",   "x.1.rules",    "x.10.rules",        "x.2.rules", "x.rules",  "x-y.rules",
      "xy.rules",    "x+.rules",     "99-finalize.rules", "100.rules", "01.rules", "1.rules",
      "x.tar.rules", "x.tar2.rules", "30-docker.rules"};
  for (const std::string& name : names) directory.write(name, "");
  const auto answer = test::ask("LC_ALL=C ls -1v " + directory.path());
  ASSERT_TRUE(answer.has_value());
  std::ranges::sort(names, facts::version_less);
  std::string ours;
  for (const std::string& name : names) ours += name + "\n";
  EXPECT_EQ(ours, *answer);
}

// The real augenrules(8) on a copy of its directories. Skipped where it is not installed (package auditd);
// DRYDOCK_AUGENRULES names one that lies elsewhere.
std::optional<std::string> augenrules(const test::ScratchDirectory& root) {
  const char* path = std::getenv("DRYDOCK_AUGENRULES");
  std::ifstream file(path ? path : "/usr/sbin/augenrules");
  if (!file) return std::nullopt;
  std::stringstream script;
  script << file.rdbuf();
  std::string text = script.str();
  // Only the two directories it works on are changed.
  for (const std::string name : {"DestinationFile=", "SourceRulesDir="})
    if (const size_t at = text.find("\n" + name); at != std::string::npos)
      text.insert(at + 1 + name.size(), root.path());
  const std::string copy = root.write("augenrules", text);
  test::ask("sh " + copy);
  std::ifstream made(root.path() + "/etc/audit/audit.rules");
  std::stringstream out;
  out << made.rdbuf();
  return out.str();
}

TEST(AuditOracle, AugenrulesJoinsAsWeDo) {
  const test::ScratchDirectory root;
  const std::vector<std::pair<std::string, std::string>> files = {
      {"10-base.rules", "## x\n-D\n-b 100\n  # indented\n\n-f 1\n-e 1\n"},
      {"9-early.rules", "-w /a -p wa\n -e 2\n-D -k x\n"},
      {"10-b.rules", "-b 200\n-w /b\n-f 0\n-D  \n\t# tab\n"},
      {"20-open.rules", "-w /no-newline"},
      {"30-next.rules", "-p wa\ns# odd\n  -b 5\n"},
      {".hidden.rules", "-w /hidden\n"},
      {"note.txt", "-w /note\n"}};
  std::vector<facts::AuditSource> sources;
  root.write("etc/audit/audit.rules", "old\n");
  for (const auto& [name, text] : files) root.write("etc/audit/rules.d/" + name, text);
  for (const auto& [name, text] : files)
    if (name.ends_with(".rules") && name[0] != '.') sources.push_back({name, text});
  std::ranges::sort(sources, facts::version_less, &facts::AuditSource::path);
  const auto real = augenrules(root);
  if (!real) GTEST_SKIP() << "augenrules is not installed (package auditd)";
  const auto awk = test::ask("readlink -f \"$(command -v awk)\"");
  const bool mawk = awk && awk->find("mawk") != std::string::npos;
  std::string ours;
  std::stringstream lines(facts::AuditMerge(sources, mawk ? "s" : " \t\r\f\v").text());
  for (std::string line; std::getline(lines, line);) ours += line + "\n";
  // The script writes a heading and empty lines for controls that there are none of.
  std::string theirs;
  std::stringstream real_lines(*real);
  for (std::string line; std::getline(real_lines, line);)
    if (!line.empty() && !line.starts_with("## This file")) theirs += line + "\n";
  EXPECT_EQ(ours, theirs);
}

// Directories of rules, joined by the script and by us: what the kernel holds in the end is the same for a host with
// the directory as for one whose audit.rules is what the script made.
// Several processes of CTest share the seeds.
class AugenrulesOracle : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Seeds, AugenrulesOracle, testing::Values(0U, 100U));

TEST_P(AugenrulesOracle, JoinsGeneratedDirectoriesAsWeDo) {
  constexpr unsigned kCases = 100;
  const test::ScratchDirectory root;
  {
    const test::ScratchDirectory probe;
    probe.write("etc/audit/rules.d/x.rules", "");
    if (!augenrules(probe)) GTEST_SKIP() << "augenrules is not installed (package auditd)";
  }
  const char* path = std::getenv("DRYDOCK_AUGENRULES");
  std::ifstream file(path ? path : "/usr/sbin/augenrules");
  std::stringstream source;
  source << file.rdbuf();
  std::string text = source.str();
  for (const std::string name : {"DestinationFile=", "SourceRulesDir="})
    if (const size_t at = text.find("\n" + name); at != std::string::npos)
      text.insert(at + 1 + name.size(), "$ROOT");
  const auto awk = test::ask("readlink -f \"$(command -v awk)\"");
  const bool mawk = awk && awk->find("mawk") != std::string::npos;
  const auto line = [](test::Random& random) {
    return random.pick({"-D",
                        "-D  ",
                        " -D",
                        "-D -k x",
                        "-Dx",
                        "-b 8192",
                        "-b 1",
                        " -b 7",
                        "-f 0",
                        "-f 1",
                        "\t-f 2",
                        "-e 1",
                        "-e 2",
                        "-e 0",
                        "--backlog_wait_time 5",
                        "-r 9",
                        "-w /a -p wa -k one",
                        "-w /b -p r",
                        "-w /c -p x -k two -k three",
                        "-a always,exit -F arch=b64 -S open -k four",
                        "-a never,task",
                        "-A always,exit -S all -F uid=0",
                        "# comment",
                        "  # x",
                        "\t# y",
                        "",
                        " ",
                        "s# odd",
                        "-i",
                        "-c",
                        "-w /d",
                        "-bogus",
                        "-efoo",
                        "-w",
                        "-w /e\\ f -p w"});
  };
  std::vector<std::shared_ptr<MemoryTree>> trees;
  std::string script = "cd " + root.path() + "\n";
  for (unsigned i = 0; i < kCases; ++i) {
    test::Random random(GetParam() + i);
    auto tree = std::make_shared<MemoryTree>();
    tree->file("usr/sbin/augenrules", "").file("usr/bin/mawk", "").directory("etc/audit/rules.d");
    tree->symlink("usr/bin/awk", mawk ? "mawk" : "gawk");
    tree->file("etc/audit/audit.rules", "-w /old -p wa\n");
    for (int files = random.below(6); files > 0; --files) {
      const std::string name = "etc/audit/rules.d/" +
                               random.pick({"10-a.rules", "9-b.rules", "100-c.rules", "audit.rules",
                                            "a.rules", "A.rules", "a10.rules", "a2.rules",
                                            "x.1.rules", "x.10.rules", ".hidden.rules", "note.txt",
                                            "b.rules.bak", "x y.rules", "01.rules", "z~.rules"});
      std::string content;
      for (int lines = random.below(6); lines > 0; --lines) content += line(random) + "\n";
      if (random.one_in(5)) content += line(random);  // runs into the next file
      tree->file(name, content);
    }
    trees.push_back(tree);
    const std::string name = std::to_string(i);
    test::write_tree(*tree, root.path() + "/" + name);
    script += "ROOT=" + root.path() + "/" + name + " sh augenrules\n";
  }
  root.write("augenrules", text);
  test::ask("sh " + root.write("ask", script));
  constexpr std::string_view kHeld =
      "SELECT line FROM (SELECT 1 AS part, rowid AS at, coalesce(position, '-') || ' ' || list || "
      "' ' "
      "|| action || ' ' || is_watch || ' ' || coalesce(syscalls, '-') || ' ' || coalesce(arch, "
      "'-') || "
      "' ' || coalesce(path, '-') || ' ' || coalesce(perm, '-') || ' ' || coalesce(fields, '-') || "
      "' ' "
      "|| coalesce(key, '-') AS line FROM audit_rule UNION ALL SELECT 2, 0, key || ' = ' || value "
      "FROM "
      "audit_control WHERE NOT is_default) ORDER BY part, at, line";
  size_t rules = 0;
  for (unsigned i = 0; i < kCases; ++i) {
    std::ifstream made(root.path() + "/" + std::to_string(i) + "/etc/audit/audit.rules");
    std::stringstream joined;
    joined << made.rdbuf();
    auto other = std::make_shared<MemoryTree>();
    other->file("etc/audit/audit.rules", joined.str());
    const std::string wanted = test::facts(other, kHeld);
    EXPECT_EQ(test::facts(trees[i], kHeld), wanted) << "case " << i << "\n" << joined.str();
    rules += static_cast<size_t>(std::count(wanted.begin(), wanted.end(), '\n'));
  }
  EXPECT_GT(rules, 150u);
}

// README.Debian and the script: with a directory but no *.rules in it, audit.rules is written anew, empty.
TEST(AuditOracle, AnEmptyDirectoryEmptiesAuditRules) {
  const test::ScratchDirectory root;
  root.write("etc/audit/audit.rules", "-w /etc/passwd -p wa\n");
  root.write("etc/audit/rules.d/x.conf", "");
  const auto real = augenrules(root);
  if (!real) GTEST_SKIP() << "augenrules is not installed (package auditd)";
  EXPECT_EQ(real->find("/etc/passwd"), std::string::npos);
}

// audit.rules(7), "System Calls"; auditctl(8) -F auid, exit, success. An event is recorded when the rules for all of its
// outcomes and both architectures together record it.
TEST(AuditFacts, AnEventIsRecordedByAllItsRulesTogether) {
  const auto events = [](const std::string& rules, const std::string& where) {
    auto tree = host();
    tree->file("etc/audit/rules.d/10.rules", rules);
    return test::facts(tree, "SELECT syscall, recorded, why, loc FROM audit_event WHERE " + where);
  };
  const std::string chmod = "topic = 'permission-change' AND syscall = 'fchmod'";
  const std::string both =
      "-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F auid!=unset -k p\n"
      "-a always,exit -F arch=b32 -S chmod,fchmod -F auid>=1000 -F auid!=-1 -k p\n";
  EXPECT_EQ(events(both, chmod), "fchmod | 1 | - | -\n");
  EXPECT_EQ(events("", chmod), "fchmod | 0 | no loaded rule is about it | -\n");
  EXPECT_EQ(
      events(both.substr(0, both.find('\n') + 1), chmod),
      "fchmod | 0 | calls of 32-bit programs are not recorded | etc/audit/rules.d/10.rules:1:1\n");
  EXPECT_EQ(
      events("-a always,exit -S fchmod -F auid>=500\n", chmod),
      "fchmod | 0 | calls of 32-bit programs are not recorded | etc/audit/rules.d/10.rules:1:1\n")
      << "without arch the name is that of a 64-bit call, of a lower id users have more";
  EXPECT_EQ(events("-a always,exit -F arch=b64 -S fchmod -F auid>=2000\n", chmod),
            "fchmod | 0 | the rule at etc/audit/rules.d/10.rules:1 records only when auid>=2000 | "
            "etc/audit/rules.d/10.rules:1:1\n");
  EXPECT_EQ(
      events("-a never,exit -F auid=1001 -S all\n" + both, chmod),
      "fchmod | 0 | the rule at etc/audit/rules.d/10.rules:1 comes first and never records when "
      "auid=1001 | etc/audit/rules.d/10.rules:1:1\n");
  EXPECT_EQ(events("-a always,exit -S all\n", chmod), "fchmod | 1 | - | -\n");

  // Success and the two refusals, each by a rule of its own.
  std::string parts;
  for (const char* arch : {"b64", "b32"})
    for (const char* outcome : {"success=1", "exit=-EACCES", "exit=-EPERM"})
      parts += std::string("-a always,exit -F arch=") + arch + " -S fchmod -F " + outcome +
               " -F auid>=1000 -F auid!=unset\n";
  EXPECT_EQ(events(parts, chmod), "fchmod | 1 | - | -\n");
  EXPECT_EQ(
      events(parts.substr(0, parts.find("-a always,exit -F arch=b64 -S fchmod -F exit=-EPERM")) +
                 parts.substr(parts.find("-a always,exit -F arch=b32")),
             chmod),
      "fchmod | 0 | calls that end with EPERM are not recorded | etc/audit/rules.d/10.rules:1:1\n");

  const std::string open = "topic = 'denied-access' AND syscall = 'openat'";
  const std::string denied =
      "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid>=1000 -F auid!=unset\n"
      "-a always,exit -F arch=b64 -S openat -F exit=-EPERM -F auid>=1000 -F auid!=unset\n"
      "-a always,exit -F arch=b32 -S openat -F exit=-13 -F auid>=1000 -F auid!=unset\n"
      "-a always,exit -F arch=b32 -S openat -F success=0 -F auid>=1000 -F auid!=unset\n";
  EXPECT_EQ(events(denied, open), "openat | 1 | - | -\n");
  EXPECT_EQ(events("-a always,exit -F arch=b64 -S openat -F success=1\n", open),
            "openat | 0 | no loaded rule is about it | -\n");
  EXPECT_EQ(events("-a always,exit -F arch=b64 -S openat -F dir=/etc -F success=0\n", open),
            "openat | 0 | no loaded rule is about it | -\n");
  // Everybody's clock: a rule about users leaves daemons out.
  EXPECT_EQ(
      events("-a always,exit -F arch=b64 -S adjtimex -F auid!=unset\n", "syscall = 'adjtimex'"),
      "adjtimex | 0 | the rule at etc/audit/rules.d/10.rules:1 records only when auid!=unset | "
      "etc/audit/rules.d/10.rules:1:1\n");
  EXPECT_EQ(events("-e 0\n-a always,exit -S all\n", "syscall = 'adjtimex'"),
            "adjtimex | 0 | '-e 0' at etc/audit/rules.d/10.rules:1 turns auditing off | -\n");
  EXPECT_EQ(test::facts(host(), "SELECT count(*) FROM audit_event WHERE syscall = 'stime'"), "1\n");
}

// auditctl(8): -F path= with perm=x is how the execution of one program is recorded.
TEST(AuditFacts, ACommandIsRecordedForThoseWhoLoggedIn) {
  auto tree = host();
  tree->file("usr/bin/su", "").file("usr/bin/passwd", "");
  tree->file("etc/audit/rules.d/10.rules",
             "-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=unset -k priv\n"
             "-a always,exit -F path=/usr/bin/passwd -F perm=x -F auid>=5000 -k priv\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, execute, why FROM audit_coverage WHERE topic = "
                        "'privileged-command' ORDER BY path"),
            "/usr/bin/passwd | 0 | the rule at etc/audit/rules.d/10.rules:2 records only when "
            "auid>=5000\n"
            "/usr/bin/su | 1 | -\n");
}

// An archive of /etc and /var has no programs: then the packages say which there are. A host with its programs shows
// for itself that one was taken away.
TEST(AuditFacts, APackageStandsForItsProgramsWhereATreeHasNone) {
  const auto commands = [](bool with_programs) {
    auto tree = host();
    tree->file("var/lib/dpkg/status",
               "Package: util-linux\nStatus: install ok installed\nVersion: 2.38.1-5\n\n"
               "Package: sudo\nStatus: deinstall ok config-files\nVersion: 1.9.13p3-1\n");
    tree->file("etc/audit/rules.d/10.rules",
               "-a always,exit -F path=/usr/bin/su -F perm=x -F auid>=1000 -F auid!=unset -k p\n");
    tree->file(with_programs ? "usr/bin/sh" : "usr/bin/docker", "");
    return test::facts(
        tree,
        "SELECT i.path, i.because, c.execute FROM audit_path_of_interest AS i JOIN "
        "audit_coverage AS c USING (path) WHERE i.topic = 'privileged-command' ORDER BY path");
  };
  EXPECT_EQ(commands(false), "/usr/bin/su | package util-linux ships it | 1\n");
  EXPECT_EQ(commands(true), "");
}

// Reading the records is what somebody does who covers his traces; the daemon itself has no audit id.
TEST(AuditFacts, LogsOfTheWatchersAreWatched) {
  auto tree = host();
  tree->file("etc/audit/auditd.conf", "")
      .file("var/log/sudo/README", "")
      .directory("var/log/audit");
  tree->file("etc/sudoers", "Defaults logfile=/var/log/sudo/sudo.log\n");
  tree->file(
      "etc/audit/rules.d/10.rules",
      "-a always,exit -F dir=/var/log/audit -F perm=r -F auid>=1000 -F auid!=unset -k trail\n"
      "-w /var/log/sudo/sudo.log -p w\n");
  EXPECT_EQ(test::facts(tree,
                        "SELECT path, missing FROM audit_coverage WHERE topic IN ('audit-records', "
                        "'sudo-log') ORDER BY path"),
            "/var/log/audit | -\n"
            "/var/log/sudo/sudo.log | attribute changes\n");
}

}  // namespace
}  // namespace drydock
