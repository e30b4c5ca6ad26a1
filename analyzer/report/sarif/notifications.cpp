#include "analyzer/report/sarif/notifications.h"

#include <array>

#include "analyzer/report/places.h"
#include "analyzer/report/prose.h"
#include "analyzer/report/unicode.h"
#include "analyzer/report/uri.h"

namespace drydock::report::sarif_log {
namespace {

using engine::Outcome;
using engine::RuleResult;
using engine::TargetResult;

constexpr std::string_view kJudged = "target-judged";
constexpr std::string_view kNotJudged = "rules-not-judged";
constexpr std::string_view kReview = "evidence-for-review";
constexpr std::string_view kCut = "results-cut";
constexpr std::string_view kConfiguration = "configuration";

struct Descriptor {
  std::string_view id, name, brief, full, help;
};

constexpr std::array<Descriptor, 11> kDescriptors{{
    {"parse-error", "ParseError", "A file of the artifact is malformed.",
     "A file could not be parsed in whole or in part. What is readable of it was judged; rules "
     "that depend "
     "on the rest have no verdict.",
     "Correct the file at the place named, then scan again."},
    {"not-read", "NotRead", "Something exists and was not read.",
     "A file or a part of the artifact is unreadable, too large, encrypted or damaged. Rules that "
     "depend on "
     "it have no verdict.",
     "Make it readable, or scan an artifact that holds it in the clear."},
    {"symlink", "SymlinkNotFollowed", "A symbolic link loops or leaves the host.",
     "A symbolic link was not followed, since it loops or points outside of the host's own tree.",
     "Correct the link if the host needs it."},
    {"artifact", "ArtifactDamaged", "The artifact itself is damaged.",
     "The artifact is truncated or corrupt. What could be read of it was judged.",
     "Make the artifact again, then scan again."},
    {kConfiguration, "ConfigurationProblem", "drydock's own configuration needs attention.",
     "A configuration file, a rule pack or an option of drydock is wrong or has no effect.",
     "Correct it at the place named."},
    {"limit", "LimitReached", "A bound was reached.",
     "The artifact ran into one of the bounds that keep a scan's time and memory small. What lies "
     "beyond "
     "the bound was not read.",
     "Scan a smaller part of the artifact."},
    {"internal", "RuleNotEvaluated", "A rule could not be evaluated.",
     "Evaluation of a rule failed. The rule has no verdict.",
     "Report it to the author of the rule."},
    {kJudged, "TargetJudged", "How a target was judged.",
     "The scope that a target was judged in and how many rules passed, failed, did not apply or "
     "could not "
     "be judged.",
     "Override the scope with --scope if it is not what you meant."},
    {kNotJudged, "RulesNotJudged", "Rules have no verdict.",
     "What these rules depend on could not be read or parsed, so that they neither pass nor fail.",
     "See the reason; --sarif-include=unknown lists them as results."},
    {kReview, "EvidenceForReview", "Evidence waits for somebody to judge it.",
     "Rules of the kind review list what a person has to look at; it is no weakness by itself.",
     "Read it in the text or JSON report; --sarif-include=review lists it as results."},
    {kCut, "ResultsCut", "Results were left out.",
     "The run has more results than code scanning services take. Those of the lowest severity were "
     "left out.",
     "The text and JSON reports hold them all."},
}};

std::string plural(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

bool is_absolute(std::string_view path) {
  return path.starts_with('/');
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// An absolute path of this machine does not belong in a log that is published.
std::string without(std::string text, std::string_view path, std::string_view name) {
  if (path.size() < 2 || path.find('/') == std::string_view::npos) return text;
  for (size_t at = 0; (at = text.find(path, at)) != std::string::npos; at += name.size())
    text.replace(at, path.size(), name);
  return text;
}

}  // namespace

size_t Notifications::descriptor_index(std::string_view id) {
  for (size_t i = 0; i < descriptor_ids_.size(); ++i)
    if (descriptor_ids_[i] == id) return i;
  for (const Descriptor& each : kDescriptors) {
    if (each.id != id) continue;
    descriptor_ids_.push_back(each.id);
    descriptors_.push_back(Json{{"id", each.id},
                                {"name", each.name},
                                {"shortDescription", Json{{"text", each.brief}}},
                                {"fullDescription", Json{{"text", each.full}}},
                                {"help", Json{{"text", each.help}}}});
  }
  return descriptors_.size() - 1;
}

Json Notifications::notification(std::string_view descriptor, std::string_view level,
                                 std::string_view message) {
  return {{"descriptor", Json{{"id", descriptor}, {"index", descriptor_index(descriptor)}}},
          {"level", level},
          {"message", text(printable(message, true))}};
}

void Notifications::add(std::string_view descriptor, const Json& notification) {
  (descriptor == kConfiguration ? configuration_ : execution_).push_back(notification);
}

void Notifications::add(const Diagnostic& diagnostic, const std::string& uri,
                        const std::string& name) {
  if (execution_.size() + configuration_.size() >= kNotifications) {
    ++left_out_;
    return;
  }
  // By SARIF 3.20.21 "error" means that the run itself failed.
  std::string_view level = diagnostic.level == Level::note ? "note" : "warning";
  if (diagnostic.level == Level::error && scan_.exit_code == 2) level = "error";
  std::string message;
  if (!name.empty()) {
    message = "'" + name + "'";
    if (diagnostic.span.line > 0) message += " line " + std::to_string(diagnostic.span.line);
    message += ": ";
  }
  message += sentence(diagnostic.message);
  if (!diagnostic.help.empty()) message += " " + sentence(diagnostic.help);
  message = without(std::move(message), scan_.artifact_path, scan_.artifact_name);
  Json out = notification(drydock::name(diagnostic.kind), level, message);
  if (!uri.empty()) {
    const Json place{
        {"physicalLocation", physical_location(uri, -1, line_region(diagnostic.span.line))}};
    out.set("locations", Json::array({place}));
  }
  add(drydock::name(diagnostic.kind), out);
}

void Notifications::add_scan_diagnostics() {
  for (const Diagnostic& diagnostic : scan_.diagnostics) {
    if (diagnostic.path == scan_.artifact_path ||
        (diagnostic.path.empty() && diagnostic.kind == DiagnosticKind::artifact)) {
      add(diagnostic, files_.artifact_uri(), scan_.artifact_name);
    } else if (diagnostic.path.empty()) {
      add(diagnostic, "", "");
    } else {
      const std::string path =
          is_absolute(diagnostic.path) ? base_name(diagnostic.path) : diagnostic.path;
      Diagnostic shown = diagnostic;
      shown.message = without(std::move(shown.message), diagnostic.path, path);
      add(shown, uri_of(path), path);
    }
  }
}

void Notifications::add_diagnostics(const TargetResult& target) {
  for (const Diagnostic& diagnostic : target.diagnostics) {
    if (diagnostic.path.empty())
      add(diagnostic, "", target.name);
    else
      add(diagnostic, place_uri(scan_, target, diagnostic.path),
          place_name(scan_, target, diagnostic.path));
  }
}

void Notifications::add_outcomes(const TargetResult& target, bool lists_reviews) {
  Summary summary;
  summary.add(target);
  std::string message = "'" + target.name + "' was judged as " + std::string(name(target.scope));
  if (!target.scope_reason.empty()) message += " (" + target.scope_reason + ")";
  message += ": " + plural(summary.fail, "rule") + " failed, " + std::to_string(summary.pass) +
             " passed, " + std::to_string(summary.not_applicable) + " did not apply, " +
             std::to_string(summary.unknown) + " could not be judged.";
  add(kJudged, notification(kJudged, "note", message));
  if (summary.review_findings > 0 && !lists_reviews) {
    std::string said = plural(summary.review_rules, "rule") + " found " +
                       plural(summary.review_findings, "place") + " of '" + target.name +
                       "' for somebody to judge. Rules: ";
    const char* separator = "";
    for (const RuleResult& rule : target.rules)
      if (rule.rule->is_review && !rule.findings.empty()) {
        said += separator + rule.rule->id;
        separator = ", ";
      }
    add(kReview, notification(kReview, "note", said + "."));
  }

  std::map<std::string_view, std::vector<const RuleResult*>> by_reason;
  for (const RuleResult& rule : target.rules)
    if (rule.outcome == Outcome::unknown) by_reason[rule.reason].push_back(&rule);
  for (const auto& [reason, rules] : by_reason) {
    std::string said = plural(rules.size(), "rule") + " of '" + target.name +
                       "' could not be judged: " + sentence(reason) + " Rules: ";
    const char* separator = "";
    for (const RuleResult* rule : rules) {
      said += separator + rule->rule->id;
      separator = ", ";
    }
    Json out = notification(kNotJudged, "note", said + ".");
    const engine::Rule& first = *rules[0]->rule;
    if (rules.size() == 1)
      out.set("associatedRule", Json{{"id", first.id}, {"index", rules_.index(first)}});
    add(kNotJudged, out);
  }
}

void Notifications::add_cut(size_t shown, size_t all) {
  add(kCut,
      notification(
          kCut, "warning",
          "Only " + std::to_string(shown) + " of " + std::to_string(all) +
              " results are in this log, by severity; the text and JSON reports hold them all."));
}

Json Notifications::invocation() {
  if (left_out_ > 0)
    add(drydock::name(DiagnosticKind::limit),
        notification(drydock::name(DiagnosticKind::limit), "warning",
                     plural(left_out_, "further notification") +
                         " left out; the text and JSON reports hold them all."));
  Json out{{"executionSuccessful", scan_.exit_code != 2}, {"exitCode", scan_.exit_code}};
  if (!scan_.exit_reason.empty())
    out.set("exitCodeDescription", cut(scan_.exit_reason, kTextLimit));
  if (!execution_.empty()) out.set("toolExecutionNotifications", execution_);
  if (!configuration_.empty()) out.set("toolConfigurationNotifications", configuration_);
  return out;
}

}  // namespace drydock::report::sarif_log
