// The result model as JSON. docs/report.schema.json describes it; a change that breaks readers
// changes the version in "format".
#include <nlohmann/json.hpp>

#include "analyzer/report/places.h"
#include "analyzer/report/report.h"
#include "analyzer/report/uri.h"

namespace drydock::report {
namespace {

using Json = nlohmann::ordered_json;
using engine::ScanResult;
using engine::TargetResult;

constexpr std::string_view kFormat = "drydock-report/1";

std::string_view level_name(Level level) {
  switch (level) {
    case Level::note:
      return "note";
    case Level::warning:
      return "warning";
    case Level::error:
      break;
  }
  return "error";
}

// Null for a file as a whole. Columns count bytes, the end is exclusive.
Json span(Span span) {
  if (span.line == 0) return nullptr;
  Json out{{"line", span.line}};
  if (span.column == 0) return out;
  out["column"] = span.column;
  if (span.end_line < span.line || span.end_column == 0) return out;
  out["end_line"] = span.end_line;
  out["end_column"] = span.end_column;
  return out;
}

Json place(const ScanResult& scan, const TargetResult& target, const engine::Place& place) {
  return {{"path", place.path},
          {"uri", place_uri(scan, target, place.path)},
          {"span", span(place.span)}};
}

Json summary(const Summary& sum) {
  Json findings = Json::object();
  for (const auto severity :
       {engine::Severity::critical, engine::Severity::high, engine::Severity::medium,
        engine::Severity::low, engine::Severity::info})
    findings[std::string(name(severity))] = sum.findings[static_cast<size_t>(severity)];
  findings["review"] = sum.review_findings;
  return {{"rules",
           {{"fail", sum.fail},
            {"pass", sum.pass},
            {"not-applicable", sum.not_applicable},
            {"unknown", sum.unknown},
            {"review", sum.review_rules}}},
          {"findings", std::move(findings)}};
}

// `target` null: of the artifact or the configuration.
Json diagnostic(const ScanResult& scan, const TargetResult* target, const Diagnostic& diagnostic) {
  Json out{{"kind", name(diagnostic.kind)},
           {"level", level_name(diagnostic.level)},
           {"message", diagnostic.message}};
  if (!diagnostic.help.empty()) out["help"] = diagnostic.help;
  if (diagnostic.path.empty()) return out;
  if (target)
    out["place"] = place(scan, *target, {diagnostic.path, diagnostic.span});
  else
    out["place"] = {{"path", diagnostic.path}, {"span", span(diagnostic.span)}};
  return out;
}

Json finding(const ScanResult& scan, const TargetResult& target, const engine::Finding& finding) {
  Json out{{"identity", finding.identity}, {"place", place(scan, target, finding.place)}};
  if (finding.absent) out["absent"] = true;
  if (!finding.key.empty()) out["key"] = finding.key;
  out["message"] = finding.message;
  for (const engine::Related& related : finding.related)
    out["related"].push_back(
        {{"place", place(scan, target, related.place)}, {"message", related.message}});
  if (finding.edit)
    out["edit"] = {{"place", place(scan, target, finding.edit->place)},
                   {"text", finding.edit->text},
                   {"description", finding.edit->description}};
  return out;
}

Json rule(const ScanResult& scan, const TargetResult& target, const engine::RuleResult& result) {
  const engine::Rule& rule = *result.rule;
  Json out{{"id", rule.id},
           {"title", rule.title},
           {"severity", name(rule.severity)},
           {"outcome", name(result.outcome)}};
  if (rule.is_review) out["kind"] = "review";
  if (!result.reason.empty()) out["reason"] = result.reason;
  if (!rule.references.empty()) out["references"] = rule.references;
  for (const engine::Finding& each : result.findings)
    out["findings"].push_back(finding(scan, target, each));
  return out;
}

Json target(const ScanResult& scan, const TargetResult& target) {
  Summary sum;
  sum.add(target);
  Json rules = Json::array(), diagnostics = Json::array();
  for (const engine::RuleResult& result : target.rules) rules.push_back(rule(scan, target, result));
  for (const Diagnostic& each : target.diagnostics)
    diagnostics.push_back(diagnostic(scan, &target, each));
  return {{"name", target.name},
          {"scope", name(target.scope)},
          {"scope_reason", target.scope_reason},
          {"prefix", target.prefix},
          {"traits", target.traits},
          {"summary", summary(sum)},
          {"rules", std::move(rules)},
          {"diagnostics", std::move(diagnostics)}};
}

}  // namespace

std::string json(const ScanResult& result) {
  Summary sum;
  Json targets = Json::array(), diagnostics = Json::array();
  for (const TargetResult& each : result.targets) {
    sum.add(each);
    targets.push_back(target(result, each));
  }
  for (const Diagnostic& each : result.diagnostics)
    diagnostics.push_back(diagnostic(result, nullptr, each));
  const Json out{{"format", kFormat},
                 {"tool", {{"name", "drydock"}, {"version", result.tool_version}}},
                 {"artifact",
                  {{"path", result.artifact_path},
                   {"name", result.artifact_name},
                   {"format", result.artifact_format},
                   {"size", result.artifact_size},
                   {"complete", result.complete}}},
                 {"profiles", result.profiles},
                 {"exit", {{"code", result.exit_code}, {"reason", result.exit_reason}}},
                 {"summary", summary(sum)},
                 {"targets", std::move(targets)},
                 {"diagnostics", std::move(diagnostics)}};
  return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::report
