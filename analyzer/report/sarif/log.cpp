// The whole log: which runs there are, and what each holds.
#include <algorithm>

#include "analyzer/report/report.h"
#include "analyzer/report/sarif/files.h"
#include "analyzer/report/sarif/json.h"
#include "analyzer/report/sarif/notifications.h"
#include "analyzer/report/sarif/results.h"
#include "analyzer/report/sarif/rules.h"
#include "analyzer/report/uri.h"

namespace drydock::report {
namespace {

using engine::Outcome;
using engine::RuleResult;
using engine::ScanResult;
using engine::TargetResult;
using sarif_log::Json;

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

// Where to learn about drydock. SARIF wants an absolute URI (the Multitool warns without); there is
// no page that will stay yet, so a name that leads to no stranger's site.
constexpr std::string_view kInformationUri = "urn:drydock";

// A result before it is written.
struct Entry {
  const TargetResult* target;
  const RuleResult* rule;
  const engine::Finding* finding;  // null: the outcome of the rule itself
};

// Failing places by severity, then in the order of targets, rules and places; behind them the
// outcomes that were asked for.
std::vector<Entry> entries_of(const std::vector<const TargetResult*>& targets,
                              const std::set<std::string>& include) {
  std::vector<Entry> out;
  for (const TargetResult* target : targets)
    for (const RuleResult& rule : target->rules)
      if (!rule.rule->is_review)
        for (const engine::Finding& finding : rule.findings)
          out.push_back({target, &rule, &finding});
  std::stable_sort(out.begin(), out.end(), [](const Entry& a, const Entry& b) {
    return a.rule->rule->severity < b.rule->rule->severity;
  });
  if (include.contains("review"))
    for (const TargetResult* target : targets)
      for (const RuleResult& rule : target->rules)
        if (rule.rule->is_review)
          for (const engine::Finding& finding : rule.findings)
            out.push_back({target, &rule, &finding});
  for (const TargetResult* target : targets)
    for (const RuleResult& rule : target->rules)
      if (rule.outcome != Outcome::fail && include.contains(std::string(name(rule.outcome))))
        out.push_back({target, &rule, nullptr});
  return out;
}

// Elements of an array one a line: a log is compared by people and by diff, and written without
// ever being held as one tree.
class Lines {
 public:
  explicit Lines(std::string& out) : out_(out) { out_ += '['; }
  void add(const Json& value) {
    out_ += first_ ? "\n" : ",\n";
    out_ += value.text();
    first_ = false;
  }
  void end() { out_ += first_ ? "]" : "\n]"; }

 private:
  std::string& out_;
  bool first_ = true;
};

class PreparedRules : public SarifRules {
 public:
  PreparedRules(std::vector<const engine::Rule*> all, std::string_view max_level)
      : rules(std::move(all), max_level) {
    Lines lines(descriptors);
    for (size_t i = 0; i < rules.size(); ++i) lines.add(rules.descriptor(i));
    lines.end();
  }

  const sarif_log::Rules rules;
  std::string descriptors;  // the array of them
};

// What was prepared, if it is of the very rules of these targets.
std::shared_ptr<const PreparedRules> rules_of(const std::vector<const TargetResult*>& targets,
                                              const SarifOptions& options) {
  std::vector<const engine::Rule*> rules = sarif_log::Rules::of(targets);
  auto prepared = std::dynamic_pointer_cast<const PreparedRules>(options.rules);
  if (prepared && prepared->rules.all() == rules) return prepared;
  return std::make_shared<PreparedRules>(std::move(rules), options.max_level);
}

void write_run(std::string& out, const ScanResult& scan,
               const std::vector<const TargetResult*>& targets, const SarifOptions& options,
               const std::string& automation_id, bool first) {
  const std::shared_ptr<const PreparedRules> prepared = rules_of(targets, options);
  const sarif_log::Rules& rules = prepared->rules;
  sarif_log::Files files(scan);
  const sarif_log::Results results(scan, rules, files);
  std::vector<Entry> entries = entries_of(targets, options.include);
  const size_t all = entries.size();
  if (all > sarif_log::kResults) entries.resize(sarif_log::kResults);

  std::string result_lines;
  Lines lines(result_lines);
  for (const Entry& entry : entries)
    lines.add(entry.finding ? results.failing(*entry.target, *entry.rule, *entry.finding)
                            : results.other(*entry.target, *entry.rule));
  lines.end();

  sarif_log::Notifications notifications(scan, rules, files);
  if (entries.size() < all) notifications.add_cut(entries.size(), all);
  for (const TargetResult* target : targets)
    notifications.add_outcomes(*target, options.include.contains("review"));
  if (first) notifications.add_scan_diagnostics();
  for (const TargetResult* target : targets) notifications.add_diagnostics(*target);
  const Json invocation = notifications.invocation();

  out += "{\"tool\":{\"driver\":{\"name\":\"drydock\",\"fullName\":" +
         Json("drydock " + scan.tool_version).text() +
         ",\"semanticVersion\":" + Json(scan.tool_version).text() +
         ",\"informationUri\":" + Json(kInformationUri).text() +
         ",\n\"rules\":" + prepared->descriptors;
  out += ",\n\"notifications\":";
  Lines descriptor_lines(out);
  for (const Json& descriptor : notifications.descriptors()) descriptor_lines.add(descriptor);
  descriptor_lines.end();
  const Json supported = rules.taxonomies().supported();
  if (!supported.empty()) out += ",\n\"supportedTaxonomies\":" + supported.text();
  out += "}},\n";
  if (!automation_id.empty())
    out += "\"automationDetails\":" + Json{{"id", automation_id}}.text() + ",\n";
  out += "\"invocations\":[" + invocation.text() + "],\n\"columnKind\":\"utf16CodeUnits\",\n";
  if (!supported.empty()) {
    out += "\"taxonomies\":";
    Lines taxonomy_lines(out);
    for (const Json& component : rules.taxonomies().components()) taxonomy_lines.add(component);
    taxonomy_lines.end();
    out += ",\n";
  }
  out += "\"artifacts\":";
  Lines artifact_lines(out);
  artifact_lines.add(files.analysed());
  for (const sarif_log::File& file : files.all()) artifact_lines.add(file.artifact());
  artifact_lines.end();
  out += ",\n\"results\":" + result_lines + "}";
}

// GitHub reads "<category>/<run id>" up to the last slash, so an id ends in exactly one.
std::string automation_id(const std::string& category, const std::string& target) {
  std::string out = category;
  while (out.ends_with('/')) out.pop_back();
  if (!target.empty()) out += (out.empty() ? "drydock/" : "/") + uri_of(target);
  return out.empty() ? out : out + "/";
}

}  // namespace

std::shared_ptr<const SarifRules> prepare_sarif(
    const std::vector<std::shared_ptr<const engine::Rule>>& rules, const std::string& max_level) {
  std::vector<const engine::Rule*> all;
  for (const auto& rule : rules) all.push_back(rule.get());
  std::ranges::sort(all, {},
                    [](const engine::Rule* rule) -> const std::string& { return rule->id; });
  return std::make_shared<PreparedRules>(std::move(all), max_level);
}

std::string sarif(const ScanResult& result, const SarifOptions& options) {
  std::vector<const TargetResult*> targets;
  for (const TargetResult& target : result.targets) targets.push_back(&target);
  // Services take one run for each tool and category, so each host of an artifact is a run with its
  // own id. A checkout is one subject however many trees lie in it: alerts of a tree that is
  // deleted must close. And a file holds at most 20 runs.
  const bool run_per_target =
      targets.size() > 1 && targets.size() <= sarif_log::kRuns && !result.paths_in_repository;
  std::string out;
  out += "{\"$schema\":\"" + std::string(kSchema) + "\",\n\"version\":\"2.1.0\",\n\"runs\":[";
  if (run_per_target) {
    for (const TargetResult* target : targets) {
      if (target != targets.front()) out += ",\n";
      write_run(out, result, {target}, options, automation_id(options.category, target->name),
                target == targets.front());
    }
  } else {
    write_run(out, result, targets, options, automation_id(options.category, ""), true);
  }
  return out + "]}\n";
}

}  // namespace drydock::report
