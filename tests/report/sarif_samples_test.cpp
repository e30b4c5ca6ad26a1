// Logs of every shape a scan can give. Each is checked against what consumers demand, and written
// to <build>/sarif-samples/, where the test `sarif_validation` has others judge it: a JSON Schema
// validator with the official schema and Microsoft's Multitool.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "analyzer/report/report.h"
#include "tests/paths.h"
#include "tests/report/consumers.h"
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

void judge(const std::string& name, const ScanResult& scan, const SarifOptions& options = {}) {
  const std::string log = sarif(scan, options);
  EXPECT_EQ(log, sarif(scan, options)) << "not deterministic";
  const auto directory = std::filesystem::path(test::program()).parent_path() / "sarif-samples";
  std::filesystem::create_directories(directory);
  std::ofstream(directory / (name + ".sarif"), std::ios::binary) << log;
  std::ofstream(directory / (name + ".json"), std::ios::binary) << json(scan);
  const auto parsed = nlohmann::json::parse(log, nullptr, false);
  ASSERT_FALSE(parsed.is_discarded()) << "no JSON: " << log.substr(0, 400);
  EXPECT_EQ(consumers::Check::complaints(parsed), std::vector<std::string>{}) << name;
}

std::shared_ptr<engine::Rule> referenced(std::string id, Severity severity, std::string title) {
  auto out = rule(std::move(id), severity, std::move(title));
  out->references = {{"cis-docker", {"2.7", "2.7"}},
                     {"cwe", {"250", "CWE-250", "306"}},
                     {"nist-800-53", {"CM-7"}},
                     {"house-policy", {"H 1"}},
                     {"coverage", {"A3"}}};
  return out;
}

ScanResult one_finding() {
  auto target = sample::target("base");
  sample::add_file(target, "etc/sysctl.conf", "# routing\nnet.ipv4.ip_forward = 1\n# end\n");
  target.rules.push_back(
      fails(referenced("sysctl-ip-forward", Severity::medium, "IPv4 packet forwarding is enabled"),
            {finding("etc/sysctl.conf", {2, 23, 2, 24},
                     "net.ipv4.ip_forward is 1; a host that is no router forwards no packets.",
                     "net.ipv4.ip_forward")}));
  return sample::scan({target});
}

TEST(ReportSamples, Clean) {
  auto target = sample::target("base");
  target.rules.push_back(outcome(rule("a-rule", Severity::high, "A is wrong"), Outcome::pass));
  judge("clean", sample::scan({target}));
}

TEST(ReportSamples, NothingAtAll) {
  judge("empty", sample::scan({sample::target("base")}));
}

TEST(ReportSamples, OneFinding) {
  judge("one", one_finding());
}

TEST(ReportSamples, WithCategory) {
  judge("category", one_finding(), {.include = {}, .category = "nightly/"});
}

TEST(ReportSamples, FiveThousandAndOne) {
  auto target = sample::target("base");
  std::string text;
  for (int i = 0; i < 5001; ++i) text += "user" + std::to_string(i) + "::0:0::/root:/bin/sh\n";
  sample::add_file(target, "etc/passwd", text);
  auto result =
      fails(rule("account-empty-password", Severity::low, "An account has no password"), {});
  for (uint32_t i = 1; i <= 5001; ++i)
    result.findings.push_back(
        finding("etc/passwd", {i, 1, i, 5}, "user has no password.", "user:" + std::to_string(i)));
  target.rules.push_back(result);
  const ScanResult scan = sample::scan({target});
  judge("many", scan);
  const auto log = nlohmann::json::parse(sarif(scan, {}));
  const auto& run = log["runs"][0];
  EXPECT_EQ(run["results"].size(), 5000u);
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
            "Only 5000 of 5001 results are in this log, by severity; the text and JSON reports "
            "hold them all.");
}

TEST(ReportSamples, HostileNames) {
  auto target = sample::target("ba:se #1/../x");
  std::vector<std::string> paths{"etc/a b%#?.conf",
                                 "etc/new\nline",
                                 "etc/c:d",
                                 "c:/boot.ini",
                                 "etc/caf\xE9.conf",
                                 "../../up",
                                 "etc//double",
                                 "etc/[x](1).conf",
                                 "etc/\x1b[31m",
                                 "%2e%2e/x",
                                 "etc/\xF0\x9F\x9A\xA2",
                                 "etc/" + std::string(4091, 'n'),
                                 "etc/back\\slash]",
                                 "http://x/y"};
  auto result = fails(referenced("file-mode", Severity::critical, "A file is writable"), {});
  for (const std::string& path : paths) {
    sample::add_file(target, path, "caf\xE9\r\n\xEF\xBB\xBF\xF0\x9F\x9A\xA2 [x](7) x\n\n");
    result.findings.push_back(
        finding(path, {2, 8, 2, 14}, "'" + path + "' [see](9) is world-writable."));
    result.findings.back().related.push_back({{path, {1, 1, 1, 5}}, "[here](3) it says\nso"});
    result.findings.back().edit =
        engine::Edit{{path, {2, 4, 2, 8}}, "caf\xE9", "Set \x1b[31m mode."};
    target.diagnostics.push_back({Level::error,
                                  DiagnosticKind::parse_error,
                                  path,
                                  {3, 0, 0, 0},
                                  "un\xE9xpected [token](2)",
                                  "look \x07"});
  }
  target.rules.push_back(result);
  auto scan = sample::scan({target});
  scan.artifact_name = "a:b c%.tar\xFF";
  judge("hostile", scan);
  scan.paths_in_repository = true;
  scan.repository_path = "sub dir/x:y";
  judge("hostile-repository", scan);
}

TEST(ReportSamples, LongTexts) {
  auto long_rule = referenced("x-" + std::string(300, 'y'), Severity::high, std::string(3000, 't'));
  long_rule->why = std::string(30000, 'w');
  long_rule->references["cwe"].clear();
  for (int i = 1; i < 30; ++i) long_rule->references["cwe"].push_back(std::to_string(i));
  auto target = sample::target(std::string(300, 'z'));
  auto long_finding =
      finding("etc/x", {1, 1, 1, 9000}, std::string(5000, 'm'), std::string(3000, 'k'));
  for (int i = 0; i < 150; ++i)
    long_finding.related.push_back({{"etc/x", {1, 5, 1, 6}}, std::string(200, 'r')});
  sample::add_file(target, "etc/x", std::string(20000, 'q'));
  target.rules.push_back(fails(long_rule, {long_finding}));
  target.rules.push_back(
      outcome(rule("z", Severity::info, "Z"), Outcome::unknown, std::string(4000, 'u')));
  judge("long", sample::scan({target}), {.include = {"unknown"}, .category = ""});
}

TEST(ReportSamples, SeveralTargets) {
  std::vector<engine::TargetResult> targets;
  for (const char* name : {"node-a", "node-b", "node c:1"}) {
    targets.push_back(one_finding().targets[0]);
    targets.back().name = name;
    targets.back().rules[0].findings[0].identity = sample::identity(name, {}, "");
  }
  judge("several", sample::scan(targets));
  while (targets.size() < 25) {
    targets.push_back(targets[0]);
    targets.back().name = "more-" + std::to_string(targets.size());
    targets.back().rules[0].findings[0].identity = sample::identity(targets.back().name, {}, "");
  }
  judge("twenty-five", sample::scan(targets));
}

TEST(ReportSamples, Includes) {
  auto scan = one_finding();
  auto& rules = scan.targets[0].rules;
  auto anchored = rule("sshd-a", Severity::low, "Sshd lets anyone in");
  anchored->anchors = {"etc/ssh/sshd_config"};
  rules.push_back(outcome(anchored, Outcome::pass));
  rules.push_back(outcome(rule("docker-a", Severity::info, "Docker"), Outcome::not_applicable,
                          "docker is not installed"));
  rules.push_back(outcome(rule("audit-a", Severity::high, "Audit"), Outcome::unknown,
                          "etc/audit/audit.rules could not be read"));
  judge("includes", scan, {.include = {"pass", "not-applicable", "unknown"}, .category = ""});
  scan.paths_in_repository = true;
  judge("includes-repository", scan,
        {.include = {"pass", "not-applicable", "unknown"}, .category = ""});
  const auto log = nlohmann::json::parse(sarif(scan, {}));
  EXPECT_EQ(log["runs"][0]["results"].size(), 1u) << "only what fails by default";
}

TEST(ReportSamples, Notifications) {
  auto scan = one_finding();
  auto& target = scan.targets[0];
  for (const auto kind :
       {DiagnosticKind::parse_error, DiagnosticKind::not_read, DiagnosticKind::symlink,
        DiagnosticKind::artifact, DiagnosticKind::configuration, DiagnosticKind::limit,
        DiagnosticKind::internal}) {
    target.diagnostics.push_back(
        {Level::error, kind, "etc/x", {2, 1, 2, 3}, "it is so", "do that"});
    target.diagnostics.push_back({Level::note, kind, "", {}, "it is so", ""});
    scan.diagnostics.push_back(
        {Level::warning, kind, scan.artifact_path, {}, "'" + scan.artifact_path + "' is cut", ""});
    scan.diagnostics.push_back(
        {Level::warning, kind, "/home/me/.drydock.yaml", {3, 1, 0, 0}, "unknown key", ""});
    scan.diagnostics.push_back({Level::warning, kind, "", {}, "just so", ""});
  }
  target.rules.push_back(
      outcome(rule("sshd-b", Severity::low, "B"), Outcome::unknown, "no sshd_config"));
  target.rules.push_back(
      outcome(rule("sshd-c", Severity::low, "C"), Outcome::unknown, "no sshd_config"));
  target.rules.push_back(
      outcome(rule("sudo-d", Severity::low, "D"), Outcome::unknown, "no sudoers"));
  judge("notifications", scan);
  const std::string log = sarif(scan, {});
  EXPECT_EQ(log.find("/home/me"), std::string::npos) << "an absolute path of this machine";
  EXPECT_EQ(log.find("/srv/images"), std::string::npos) << "an absolute path of this machine";
  scan.exit_code = 2;
  judge("failed", scan);
  target.diagnostics.assign(3000, target.diagnostics[0]);
  judge("notifications-cut", scan);
}

TEST(ReportSamples, RelatedPlacesAndFix) {
  auto scan = one_finding();
  auto& target = scan.targets[0];
  auto& found = target.rules[0].findings[0];
  sample::add_file(target, "etc/sysctl.d/10-a.conf", "net.ipv4.ip_forward=0\n");
  found.related = {
      {{"etc/sysctl.d/10-a.conf", {1, 21, 1, 22}}, "overridden value 0: a later file wins"},
      {{"usr/lib/sysctl.d/50-default.conf", {}}, "also read"}};
  found.edit = engine::Edit{found.place, "0", "Set net.ipv4.ip_forward to 0"};
  judge("related", scan);
}

TEST(ReportSamples, AbsentAndWholeFiles) {
  auto target = sample::target("base");
  auto missing =
      finding("etc/audit/rules.d", {}, "Changes to etc/passwd are not recorded.", "audit:passwd");
  missing.absent = true;
  target.rules.push_back(
      fails(rule("audit-passwd", Severity::high, "Account changes are not audited"), {missing}));
  target.rules.push_back(
      fails(rule("file-shadow-mode", Severity::critical, "The shadow file is readable by all"),
            {finding("etc/shadow", {}, "etc/shadow has mode 0644; wanted is 0640.")}));
  judge("absent", sample::scan({target}));
}

TEST(ReportSamples, Sensitive) {
  auto target = sample::target("base");
  sample::add_file(target, "etc/shadow", "root:$6$SECRETSALT$SECRETHASH:19000:::::\n", true);
  auto found = finding("etc/shadow", {1, 1, 1, 5}, "root's password never expires.", "user:root");
  found.edit = engine::Edit{{"etc/shadow", {1, 1, 1, 5}}, "x", "Set it."};
  target.rules.push_back(
      fails(rule("account-expiry", Severity::medium, "A password never expires"), {found}));
  target.diagnostics.push_back(
      {Level::warning, DiagnosticKind::parse_error, "etc/shadow", {1, 1, 1, 9}, "odd", ""});
  auto scan = sample::scan({target});
  for (const bool repository : {false, true}) {
    scan.paths_in_repository = repository;
    judge(repository ? "sensitive-repository" : "sensitive", scan);
    for (const std::string& report : {sarif(scan, {}), json(scan), text(scan, {})})
      EXPECT_EQ(report.find("SECRET"), std::string::npos) << report;
  }
  // Nor the line's hash: it would let a guess of the secret be tested.
  EXPECT_NE(sarif(scan, {}).find(found.identity.substr(0, 16) + ":1"), std::string::npos);
}

TEST(ReportSamples, Repository) {
  auto scan = one_finding();
  scan.paths_in_repository = true;
  scan.repository_path = "ansible";
  scan.targets[0].prefix = "roles/x/files";
  scan.targets[0].scope = Scope::fragment;
  scan.targets[0].files["etc/sysctl.conf"].artifact_path = "roles/x/files/etc/sysctl.conf";
  scan.targets.push_back(scan.targets[0]);
  scan.targets[1].name = "overlay";
  scan.targets[1].files["etc/sysctl.conf"].artifact_path = "overlay/etc/sysctl.conf";
  scan.targets[1].rules[0].findings[0].identity = sample::identity("overlay", {}, "");
  judge("repository", scan);
}

}  // namespace
}  // namespace drydock::report
