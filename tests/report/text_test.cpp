// Whole reports for people, read and judged before they were written down here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzer/report/report.h"
#include "tests/report/sample.h"

namespace drydock::report {
namespace {

using engine::Outcome;
using engine::ScanResult;
using engine::Severity;
using sample::fails;
using sample::finding;
using sample::outcome;
using sample::rule;

engine::TargetResult weak_host() {
  auto target = sample::target("base");
  target.traits = {"docker", "container-host"};
  sample::add_file(target, "etc/docker/daemon.json",
                   "{\n  \"log-level\": \"info\",\n  \"hosts\": [\"tcp://0.0.0.0:2375\"]\n}\n");
  auto docker = rule("docker-tcp-without-tls", Severity::critical,
                     "The Docker API listens on TCP without TLS");
  docker->fix =
      "Remove the tcp:// entry from hosts, or set tlsverify, tlscacert, tlscert and tlskey.\n\n"
      "Then restart docker.";
  target.rules.push_back(
      fails(docker, {finding("etc/docker/daemon.json", {3, 13, 3, 33},
                             "hosts has tcp://0.0.0.0:2375 and tlsverify is off; anyone who "
                             "reaches the port is root.",
                             "hosts")}));
  sample::add_file(target, "etc/ssh/sshd_config.d/50-cloud.conf", "PermitRootLogin yes\n");
  auto login = finding("etc/ssh/sshd_config.d/50-cloud.conf", {1, 17, 1, 20},
                       "PermitRootLogin is yes; wanted: no.", "PermitRootLogin");
  login.related = {
      {{"etc/ssh/sshd_config", {9, 1, 9, 19}}, "overridden value 'no': the first wins"}};
  auto ssh = rule("sshd-root-login", Severity::high, "Root may log in over SSH");
  ssh->fix = "Set it to no in the first file that has it, then `systemctl reload ssh`.";
  target.rules.push_back(fails(ssh, {login}));
  auto audit =
      finding("etc/audit/rules.d", {}, "No rule records writes to /etc/passwd.", "etc/passwd");
  audit.absent = true;
  auto identity = rule("audit-identity", Severity::high, "Account changes are not recorded");
  identity->fix = "";
  target.rules.push_back(fails(identity, {audit}));
  std::vector<engine::Finding> files;
  for (int i = 1; i <= 13; ++i)
    files.push_back(finding("opt/" + std::to_string(i) + ".conf", {},
                            "Its mode is 0666; wanted: no write bit for others.",
                            i == 3 ? "svc" : ""));
  target.rules.push_back(
      fails(rule("file-world-writable", Severity::low, "A file is writable by everyone"), files));
  target.rules.push_back(outcome(rule("a", Severity::low, "A"), Outcome::pass));
  target.rules.push_back(
      outcome(rule("b", Severity::low, "B"), Outcome::not_applicable, "sudo is not installed"));
  for (const char* id : {"sudo-x", "sudo-y"})
    target.rules.push_back(outcome(rule(id, Severity::low, "S"), Outcome::unknown,
                                   "/etc/sudoers.d/90-x could not be parsed"));
  sample::add_file(target, "etc/sudoers.d/90-x", "%wheel ALL=(ALL NOPASSWD: ALL\n");
  target.diagnostics.push_back({Level::warning,
                                DiagnosticKind::parse_error,
                                "etc/sudoers.d/90-x",
                                {1, 13, 1, 16},
                                "missing ')' after the run-as users",
                                "sudoers(5): (user:group) precedes the command"});
  return target;
}

constexpr char kWeakHost[] = R"(drydock 0.1.0: base.tar.gz (tar.gz, 312 MiB)
base: judged as a whole host (it has etc/os-release and usr/bin); docker,
container-host

critical: The Docker API listens on TCP without TLS [docker-tcp-without-tls]
  --> /etc/docker/daemon.json:3:13
   3 |   "hosts": ["tcp://0.0.0.0:2375"]
     |             ^^^^^^^^^^^^^^^^^^^^
  hosts has tcp://0.0.0.0:2375 and tlsverify is off; anyone who reaches the port
  is root.
  fix: Remove the tcp:// entry from hosts, or set tlsverify, tlscacert, tlscert
  and tlskey.

high: Account changes are not recorded [audit-identity]
  --> /etc/audit/rules.d (missing here)
  No rule records writes to /etc/passwd.

high: Root may log in over SSH [sshd-root-login]
  --> /etc/ssh/sshd_config.d/50-cloud.conf:1:17
   1 | PermitRootLogin yes
     |                 ^^^
  PermitRootLogin is yes; wanted: no.
  see /etc/ssh/sshd_config:9:1: overridden value 'no': the first wins
  fix: Set it to no in the first file that has it, then `systemctl reload ssh`.

low: A file is writable by everyone [file-world-writable]
  --> /opt/1.conf
  Its mode is 0666; wanted: no write bit for others.
  and in 12 more places:
  --> /opt/2.conf
  --> /opt/3.conf svc
  --> /opt/4.conf
  --> /opt/5.conf
  --> /opt/6.conf
  --> /opt/7.conf
  --> /opt/8.conf
  --> /opt/9.conf
  --> /opt/10.conf
  --> /opt/11.conf
  ... 2 more, all in the JSON report
  fix: Set it as the policy says, then reload.

not judged: 2 rules
  /etc/sudoers.d/90-x could not be parsed
    sudo-x, sudo-y

warning: /etc/sudoers.d/90-x:1:13: missing ')' after the run-as users
   1 | %wheel ALL=(ALL NOPASSWD: ALL
     |             ^^^
  help: sudoers(5): (user:group) precedes the command

16 findings of 4 rules: 1 critical, 2 high, 13 low
1 rule passed, 1 not applicable, 2 not judged
exit 1: findings at or above high
)";

TEST(Text, ShowsAWeakHost) {
  EXPECT_EQ(text(sample::scan({weak_host()}), {.colour = false, .quiet = false, .width = 80}),
            kWeakHost);
}

TEST(Text, ColourAddsNothingButColour) {
  const ScanResult scan = sample::scan({weak_host()});
  std::string painted = text(scan, {.colour = true, .quiet = false, .width = 80});
  EXPECT_NE(painted.find("\x1b[1;31mcritical:\x1b[0m"), std::string::npos);
  for (size_t at = 0; (at = painted.find('\x1b', at)) != std::string::npos;)
    painted.erase(at, painted.find('m', at) - at + 1);
  EXPECT_EQ(painted, kWeakHost);
}

TEST(Text, QuietShowsFindingsAndTheSummaryOnly) {
  auto target = weak_host();
  target.rules.erase(target.rules.begin() + 1, target.rules.begin() + 4);
  EXPECT_EQ(text(sample::scan({target}), {.colour = false, .quiet = true, .width = 100}),
            R"(critical: The Docker API listens on TCP without TLS [docker-tcp-without-tls]
  --> /etc/docker/daemon.json:3:13
   3 |   "hosts": ["tcp://0.0.0.0:2375"]
     |             ^^^^^^^^^^^^^^^^^^^^
  hosts has tcp://0.0.0.0:2375 and tlsverify is off; anyone who reaches the port is root.
  fix: Remove the tcp:// entry from hosts, or set tlsverify, tlscacert, tlscert and tlskey.

1 finding of 1 rule: 1 critical
1 rule passed, 1 not applicable, 2 not judged, 1 diagnostic not shown
exit 1: findings at or above high
)");
}

TEST(Text, SaysWhatACleanScanDid) {
  auto target = sample::target("base");
  target.rules.push_back(outcome(rule("a", Severity::low, "A"), Outcome::pass));
  EXPECT_EQ(text(sample::scan({target}), {.colour = false, .quiet = true, .width = 80}),
            "No weakness found.\n"
            "1 rule passed, 0 not applicable, 0 not judged\n"
            "exit 0: no findings at or above high\n");
}

// What rules list for somebody to judge is no weakness: it stands behind them and counts apart.
TEST(Text, EvidenceForReviewIsNoFinding) {
  auto review = sample::rule("image-age", Severity::medium, "Images whose age needs a look");
  review->is_review = true;
  auto target = sample::target("base");
  target.rules.push_back(sample::fails(review, {sample::finding("etc/x", {}, "Old.")}));
  target.rules.push_back(
      sample::outcome(sample::rule("fine", Severity::high, "A weakness"), Outcome::pass));
  const std::string said = text(sample::scan({target}), {});
  EXPECT_THAT(said, testing::HasSubstr("review: Images whose age needs a look [image-age]\n"));
  EXPECT_THAT(said, testing::HasSubstr("No weakness found.\n1 place to review, of 1 rule\n"
                                       "1 rule passed, 0 not applicable, 0 not judged\n"));
}

TEST(Text, NeverCallsAnUnreadHostClean) {
  auto target = sample::target("base");
  target.rules.push_back(
      outcome(rule("a", Severity::low, "A"), Outcome::unknown, "/etc is encrypted"));
  auto scan = sample::scan({target});
  scan.complete = false;
  scan.exit_code = 3;
  scan.exit_reason = "the scan is incomplete";
  scan.diagnostics.push_back({Level::error,
                              DiagnosticKind::artifact,
                              "x/base.tar.gz",
                              {},
                              "ends in the middle of an entry",
                              ""});
  EXPECT_EQ(text(scan, {.colour = false, .quiet = false, .width = 80}),
            "drydock 0.1.0: base.tar.gz (tar.gz, 312 MiB)\n"
            "base: judged as a whole host (it has etc/os-release and usr/bin)\n\n"
            "not judged: 1 rule\n"
            "  /etc is encrypted\n"
            "    a\n\n"
            "error: x/base.tar.gz: ends in the middle of an entry\n\n"
            "Nothing could be judged.\n"
            "0 rules passed, 0 not applicable, 1 not judged\n"
            "incomplete: not everything was read and judged\n"
            "exit 3: the scan is incomplete\n");
}

TEST(Text, SaysOnceWhatIsWrongWithManyLinesOfAFile) {
  auto target = sample::target("base");
  target.rules.push_back(outcome(rule("a", Severity::low, "A"), Outcome::pass));
  const auto note = [&](const char* path, uint32_t line, const char* code) {
    target.diagnostics.push_back({Level::note,
                                  DiagnosticKind::parse_error,
                                  path,
                                  {line, 1, line, 2},
                                  "line is malformed",
                                  "",
                                  code});
  };
  for (uint32_t line = 1; line <= 5000; ++line) {
    note("etc/fstab", line, "few-fields");
    if (line == 2 || line == 4) note("etc/fstab", line, "bad-number");
  }
  note("etc/group", 1, "few-fields");
  EXPECT_EQ(text(sample::scan({target}), {.colour = false, .quiet = false, .width = 80}),
            "drydock 0.1.0: base.tar.gz (tar.gz, 312 MiB)\n"
            "base: judged as a whole host (it has etc/os-release and usr/bin)\n\n"
            "note: /etc/fstab:1:1: line is malformed\n"
            "  and 4999 more such lines\n"
            "note: /etc/fstab:2:1: line is malformed\n"
            "note: /etc/fstab:4:1: line is malformed\n"
            "note: /etc/group:1:1: line is malformed\n\n"
            "No weakness found.\n"
            "1 rule passed, 0 not applicable, 0 not judged\n"
            "exit 0: no findings at or above high\n");
}

TEST(Text, ShowsNoLineOfASensitiveFileAndNoControlCharacter) {
  auto target = sample::target("ba\x1b]0;se");
  sample::add_file(target, "etc/shadow", "root:SECRET:1::::::\n", true);
  sample::add_file(target, "etc/e\x1b[2Jvil",
                   "key\x1b[31m = \xC2\x9B"
                   "5m\n");
  target.rules.push_back(
      fails(rule("shadow-x", Severity::high, "A password never expires"),
            {finding("etc/shadow", {1, 1, 1, 5}, "root's password never expires.")}));
  target.rules.push_back(
      fails(rule("evil-x", Severity::low, "Evil\x07"),
            {finding("etc/e\x1b[2Jvil", {1, 12, 1, 15}, "It is \x1b[31mred.", "k\x1b")}));
  const std::string report =
      text(sample::scan({target}), {.colour = false, .quiet = false, .width = 80});
  EXPECT_EQ(report.find("SECRET"), std::string::npos);
  EXPECT_EQ(report.find('\x1b'), std::string::npos);
  EXPECT_EQ(report.find('\x07'), std::string::npos);
  EXPECT_NE(report.find("  --> /etc/e?[2Jvil:1:12\n"
                        "   1 | key?[31m = ?5m\n"
                        "     |            ^^"),
            std::string::npos)
      << report;
}

TEST(Text, NamesSeveralTargetsAndPathsOfACheckout) {
  std::vector<engine::TargetResult> targets{sample::target("repo"), sample::target("overlay")};
  for (auto& target : targets) {
    sample::add_file(target, "etc/x.conf", "a = 1\n");
    target.scope = Scope::fragment;
    target.scope_reason = "";
    target.files["etc/x.conf"].artifact_path = target.name + "/etc/x.conf";
    target.rules.push_back(fails(rule("x-a", Severity::medium, "A is 1"),
                                 {finding("etc/x.conf", {1, 5, 1, 6}, "a is 1; wanted: 0.", "a")}));
  }
  auto scan = sample::scan(targets);
  scan.paths_in_repository = true;
  scan.repository_path = "deploy";
  scan.artifact_size = 0;
  scan.artifact_format = "directory";
  const auto block = [](const std::string& name) {
    return name +
           ": judged as loose files: only what is written counts\n\n"
           "medium: A is 1 [x-a]\n"
           "  --> deploy/" +
           name +
           "/etc/x.conf:1:5\n"
           "   1 | a = 1\n"
           "     |     ^\n"
           "  a is 1; wanted: 0.\n"
           "  fix: Set it as the policy says, then reload.\n\n";
  };
  EXPECT_EQ(text(scan, {.colour = false, .quiet = false, .width = 80}),
            "drydock 0.1.0: base.tar.gz (directory)\n\n" + block("repo") + block("overlay") +
                "2 findings of 2 rules: 2 medium\n"
                "0 rules passed, 0 not applicable, 0 not judged\n"
                "exit 1: findings at or above high\n");
}

}  // namespace
}  // namespace drydock::report
