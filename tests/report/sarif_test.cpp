// Fragments of logs, each with the sentence of the specification or the consumer it answers.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "analyzer/report/line_hash.h"
#include "analyzer/report/report.h"
#include "tests/report/sample.h"

namespace drydock::report {
namespace {

using engine::Outcome;
using engine::ScanResult;
using engine::Severity;
using nlohmann::json;
using sample::fails;
using sample::finding;
using sample::rule;

json run_of(const ScanResult& scan, const SarifOptions& options = {}) {
  return json::parse(sarif(scan, options))["runs"][0];
}

// A scan with one finding at `span` of a file with `text`.
ScanResult at(const std::string& text, Span span, Severity severity = Severity::high) {
  auto target = sample::target("base");
  sample::add_file(target, "etc/x", text);
  auto found = finding("etc/x", span, "a is 1; wanted: 0.", "a");
  found.edit = engine::Edit{found.place, "0", "Set a to 0"};
  target.rules.push_back(fails(rule("x-a", severity, "A is 1"), {found}));
  return sample::scan({target});
}

json place_of(const ScanResult& scan) {
  return run_of(scan)["results"][0]["locations"][0]["physicalLocation"];
}

TEST(Sarif, CountsColumnsInUtf16) {
  // "é" is one unit, the ship two, an ill-formed byte one.
  EXPECT_EQ(
      place_of(at("\u00E9\xF0\x9F\x9A\xA2\xE9 = 1 # x\n", {1, 11, 1, 12}))["region"],
      json::parse(
          R"({"startLine":1,"startColumn":8,"endLine":1,"endColumn":9,"snippet":{"text":"1"}})"));
}

TEST(Sarif, QuotesTheLinesAround) {
  EXPECT_EQ(place_of(at("one\r\na = 1\r\nthree\r\nfour\r\n", {2, 1, 2, 6})), json::parse(R"({
    "artifactLocation": {"uri": "base/etc/x", "index": 1},
    "region": {"startLine":2,"startColumn":1,"endLine":2,"endColumn":6,"snippet":{"text":"a = 1"}},
    "contextRegion": {"startLine":1,"endLine":3,"snippet":{"text":"one\r\na = 1\r\nthree"}}})"));
  // A context that is no more than the region is an error (SARIF1008).
  EXPECT_FALSE(place_of(at("a = 1\n", {1, 1, 1, 6})).contains("contextRegion"));
}

// GitHub's check fails on level error and on a security-severity of 7.0 and above; GitLab reads rank first.
TEST(Sarif, ALevelCanBeTheGravest) {
  const auto shown = [](Severity severity, const std::string& most) {
    SarifOptions options;
    options.max_level = most;
    const json run = run_of(at("a = 1\n", {1, 5, 1, 6}, severity), options);
    const json& rule = run["tool"]["driver"]["rules"][0];
    const json& result = run["results"][0];
    EXPECT_EQ(rule["defaultConfiguration"]["level"], result["level"]);
    EXPECT_EQ(rule["defaultConfiguration"]["rank"], result["rank"]);
    return result["level"].get<std::string>() + " " + result["rank"].dump() + " " +
           rule["properties"]["security-severity"].get<std::string>();
  };
  EXPECT_EQ(shown(Severity::critical, "error"), "error 95.0 9.5");
  EXPECT_EQ(shown(Severity::critical, "warning"), "warning 55.0 5.5");
  EXPECT_EQ(shown(Severity::medium, "note"), "note 20.0 2.0");
  EXPECT_EQ(shown(Severity::low, "warning"), "note 20.0 2.0");
}

TEST(Sarif, APlaceWithoutTextStartsAtLineOne) {
  EXPECT_EQ(place_of(at("a\n", {}))["region"], json::parse(R"({"startLine":1})"));
  EXPECT_EQ(place_of(at("a\n", {40, 1, 40, 9}))["region"], json::parse(R"({"startLine":40})"));
}

TEST(Sarif, FixesExactlyTheBytesOrNothing) {
  EXPECT_EQ(run_of(at("a = 1 # x\n", {1, 5, 1, 6}))["results"][0]["fixes"], json::parse(R"([{
    "description": {"text": "Set a to 0."},
    "artifactChanges": [{"artifactLocation": {"uri": "base/etc/x", "index": 1}, "replacements": [{
      "deletedRegion": {"startLine":1,"startColumn":5,"endLine":1,"endColumn":6},
      "insertedContent": {"text": "0"}}]}]}])"));
  for (const Span beyond : {Span{}, Span{1, 5, 1, 90}, Span{7, 1, 7, 2}, Span{1, 6, 1, 5}})
    EXPECT_FALSE(run_of(at("a = 1\n", beyond))["results"][0].contains("fixes"));
}

TEST(Sarif, HashesLinesOfACheckoutAsGitHubDoes) {
  const std::string text = "one\na = 1\n\na = 1\n";
  auto scan = at(text, {2, 5, 2, 6});
  const std::string identity = scan.targets[0].rules[0].findings[0].identity;
  EXPECT_EQ(run_of(scan)["results"][0]["partialFingerprints"],
            (json{{"primaryLocationLineHash", identity.substr(0, 16) + ":1"},
                  {"drydockIdentity/v1", identity}}))
      << "inside an image GitHub cannot open the file: the identity";
  scan.paths_in_repository = true;
  EXPECT_EQ(run_of(scan)["results"][0]["partialFingerprints"]["primaryLocationLineHash"],
            line_hashes(text, 2)[1]);
}

TEST(Sarif, SaysInWordsWhereAndLinksRelatedPlaces) {
  auto scan = at("a = 1\n", {1, 5, 1, 6});
  auto& found = scan.targets[0].rules[0].findings[0];
  found.related = {{{"etc/[y]", {3, 1, 3, 2}}, "overridden value '0'"}};
  found.message = "a is [1](2); wanted: 0";
  EXPECT_EQ(run_of(scan)["results"][0]["message"]["text"],
            "a is [1] (2); wanted: 0. Found in /etc/x:1 of 'base'. "
            "See [/etc/\\[y\\]:3](1): overridden value '0'.");
  scan.paths_in_repository = true;
  found.related.clear();
  EXPECT_EQ(run_of(scan)["results"][0]["message"]["text"], "a is [1] (2); wanted: 0.")
      << "in a checkout the source is shown";
}

TEST(Sarif, BandsOfSeverity) {
  const auto bands = [](Severity severity) {
    const json run = run_of(at("a = 1\n", {1, 5, 1, 6}, severity));
    const json& described = run["tool"]["driver"]["rules"][0];
    const json& result = run["results"][0];
    return json::array(
        {result["level"], result.value("rank", json()), described["defaultConfiguration"]["level"],
         described["properties"].value("security-severity", json()),
         described["properties"]["problem.severity"], described["properties"]["tags"][0]});
  };
  EXPECT_EQ(bands(Severity::critical),
            json::parse(R"(["error",95.0,"error","9.5","error","security"])"));
  EXPECT_EQ(bands(Severity::high),
            json::parse(R"(["error",80.0,"error","8.0","error","security"])"));
  EXPECT_EQ(bands(Severity::medium),
            json::parse(R"(["warning",55.0,"warning","5.5","warning","security"])"));
  EXPECT_EQ(bands(Severity::low),
            json::parse(R"(["note",20.0,"note","2.0","recommendation","security"])"));
  EXPECT_EQ(bands(Severity::info),
            json::parse(R"(["note",null,"note",null,"recommendation","x"])"));
}

TEST(Sarif, SortsBySeverity) {
  auto target = sample::target("base");
  for (const auto& [id, severity] : {std::pair{"x-a", Severity::low},
                                     {"x-b", Severity::critical},
                                     {"x-c", Severity::low},
                                     {"x-d", Severity::medium}})
    target.rules.push_back(fails(rule(id, severity, "T"), {finding("etc/x", {}, "m.", id)}));
  std::vector<std::string> ids;
  const json run = run_of(sample::scan({target}));
  for (const json& result : run["results"]) ids.push_back(result["ruleId"]);
  EXPECT_EQ(ids, (std::vector<std::string>{"x-b", "x-d", "x-a", "x-c"}));
}

// SARIF 2.1.0 §3.27.9: review is for what a person has to judge, and its level is none. Code scanning services would
// show it as an alert, so a log has it when it is asked for, and else says that there is some.
TEST(Sarif, WhatAPersonHasToJudgeIsAResultOfItsOwnKind) {
  auto review = sample::rule("image-age", Severity::medium, "Images whose age needs a look");
  review->is_review = true;
  auto target = sample::target("base");
  target.rules.push_back(sample::fails(review, {sample::finding("etc/x", {}, "Old.")}));
  const ScanResult scan = sample::scan({target});
  const json without = json::parse(sarif(scan, {}));
  EXPECT_EQ(without["runs"][0]["results"], json::array());
  std::string said;
  for (const json& each : without["runs"][0]["invocations"][0]["toolExecutionNotifications"])
    if (each["descriptor"]["id"] == "evidence-for-review") said = each["message"]["text"];
  EXPECT_EQ(said, "1 rule found 1 place of 'base' for somebody to judge. Rules: image-age.");

  const json with = json::parse(sarif(scan, {.include = {"review"}, .category = ""}));
  const json& result = with["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "image-age");
  EXPECT_EQ(result["kind"], "review");
  EXPECT_EQ(result["level"], "none");
  EXPECT_FALSE(result.contains("rank"));
}

TEST(Sarif, RunsAndTheirIds) {
  const auto ids = [](ScanResult scan, const std::string& category) {
    std::vector<std::string> out;
    const json log = json::parse(sarif(scan, {.include = {}, .category = category}));
    for (const json& run : log["runs"])
      out.push_back(run.contains("automationDetails") ? run["automationDetails"]["id"] : "");
    return out;
  };
  auto two = sample::scan({sample::target("a"), sample::target("b")});
  EXPECT_EQ(ids(sample::scan({sample::target("a")}), ""), (std::vector<std::string>{""}))
      << "an id would beat the category given to GitHub's upload action";
  EXPECT_EQ(ids(sample::scan({sample::target("a")}), "night"),
            (std::vector<std::string>{"night/"}));
  EXPECT_EQ(ids(two, ""), (std::vector<std::string>{"drydock/a/", "drydock/b/"}));
  EXPECT_EQ(ids(two, "night/"), (std::vector<std::string>{"night/a/", "night/b/"}));
  two.paths_in_repository = true;
  EXPECT_EQ(ids(two, ""), (std::vector<std::string>{""}));
}

TEST(Sarif, OnlyTheArtifactEntryTellsHowAHostWasPacked) {
  auto scan = at("a = 1\n", {1, 5, 1, 6});
  const std::string packed = sarif(scan, {});
  scan.artifact_format = "directory";
  scan.artifact_name = "base";
  scan.artifact_path = "./base";
  scan.artifact_size = 0;
  const std::string directory = sarif(scan, {});
  const auto without_artifact = [](std::string log) {
    const size_t begin = log.find("\"artifacts\":[\n") + 14;
    return log.erase(begin, log.find('\n', begin) - begin);
  };
  EXPECT_NE(packed, directory);
  EXPECT_EQ(without_artifact(packed), without_artifact(directory));
}

TEST(Sarif, ARuleNameIsNeverItsId) {
  auto target = sample::target("base");
  target.rules.push_back(
      sample::outcome(rule("sshd-root-login", Severity::low, "T"), Outcome::pass));
  target.rules.push_back(sample::outcome(rule("umask", Severity::low, "T"), Outcome::pass));
  const json run = run_of(sample::scan({target}));
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["name"], "SshdRootLogin");
  EXPECT_EQ(run["tool"]["driver"]["rules"][1]["name"], "RuleUmask");
}

}  // namespace
}  // namespace drydock::report
