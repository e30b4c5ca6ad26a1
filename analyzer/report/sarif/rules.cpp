#include "analyzer/report/sarif/rules.h"

#include <map>
#include <set>

#include "analyzer/report/prose.h"
#include "analyzer/report/unicode.h"

namespace drydock::report::sarif_log {
namespace {

using engine::Rule;
using engine::Severity;

std::string_view problem_severity(Severity severity) {
  switch (severity) {
    case Severity::critical:
    case Severity::high:
      return "error";
    case Severity::medium:
      return "warning";
    case Severity::low:
    case Severity::info:
      break;
  }
  return "recommendation";
}

std::string help_text(const Rule& rule) {
  std::string out = std::string(trimmed(rule.why));
  if (!rule.fix.empty()) out += "\n\nFix: " + std::string(trimmed(rule.fix));
  for (const std::string& line : Taxonomies::lines(rule)) out += "\n" + line;
  if (out.empty()) return sentence(rule.title);
  return out;
}

std::string help_markdown(const Rule& rule) {
  std::string out = "### Why\n" + std::string(trimmed(rule.why)) + "\n";
  if (!rule.fix.empty()) out += "\n### Fix\n" + std::string(trimmed(rule.fix)) + "\n";
  const std::vector<std::string> references = Taxonomies::lines(rule);
  if (!references.empty()) out += "\n### References\n";
  for (const std::string& line : references) out += "- " + line + "\n";
  return out;
}

Json tags_of(const Rule& rule) {
  std::vector<std::string> tags;
  if (rule.severity != Severity::info) tags.push_back("security");
  if (!rule.topic.empty()) tags.push_back(rule.topic);
  for (std::string& tag : Taxonomies::tags(rule)) tags.push_back(tag);
  Json out = Json::array();
  std::set<std::string_view> seen;
  for (const std::string& tag : tags)
    if (out.size() < kTags && seen.insert(tag).second) out.push_back(cut(tag, kNameLimit));
  return out;
}

}  // namespace

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
    case Severity::high:
      return "error";
    case Severity::medium:
      return "warning";
    case Severity::low:
    case Severity::info:
      break;
  }
  return "note";
}

std::string_view security_severity(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "9.5";
    case Severity::high:
      return "8.0";
    case Severity::medium:
      return "5.5";
    case Severity::low:
      return "2.0";
    case Severity::info:
      break;
  }
  return "";
}

double rank_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return 95;
    case Severity::high:
      return 80;
    case Severity::medium:
      return 55;
    case Severity::low:
      return 20;
    case Severity::info:
      break;
  }
  return -1;
}

std::string pascal_case(std::string_view id) {
  std::string out;
  bool start = true;
  for (const char c : id) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (letter || digit) out += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    start = !letter && !digit;
  }
  // SARIF1001: a name that only repeats the id, which is all one word, says nothing.
  return out.size() == id.size() ? "Rule" + out : out;
}

std::vector<const Rule*> Rules::of(const std::vector<const engine::TargetResult*>& targets) {
  std::map<std::string_view, const Rule*> rules;
  for (const engine::TargetResult* target : targets)
    for (const engine::RuleResult& result : target->rules)
      rules.emplace(result.rule->id, result.rule.get());
  std::vector<const Rule*> out;
  for (const auto& [id, rule] : rules) out.push_back(rule);
  return out;
}

Rules::Rules(std::vector<const Rule*> rules, std::string_view max_level)
    : rules_(std::move(rules)),
      taxonomies_(rules_),
      gravest_(max_level == "note"      ? Severity::low
               : max_level == "warning" ? Severity::medium
                                        : Severity::critical) {
  for (size_t i = 0; i < rules_.size(); ++i) {
    index_.emplace(rules_[i]->id, i);
    taxa_.push_back(taxonomies_.result_taxa(*rules_[i]));
  }
}

Severity Rules::severity(const Rule& rule) const {
  return std::max(rule.severity, gravest_);
}

Json Rules::descriptor(size_t index) const {
  const Rule& rule = *rules_[index];
  Json out{{"id", rule.id}, {"name", cut(pascal_case(rule.id), kNameLimit)}};
  if (!rule.deprecated_ids.empty()) {
    Json ids = Json::array();
    for (const std::string& id : rule.deprecated_ids) ids.push_back(id);
    out.set("deprecatedIds", ids);
  }
  out.set("shortDescription", text(sentence(rule.title)));
  const std::string why = first_paragraph(rule.why);
  out.set("fullDescription", text(why.empty() ? sentence(rule.title) : why));
  out.set("help", Json{{"text", cut(help_text(rule), kHelpLimit)},
                       {"markdown", cut(help_markdown(rule), kHelpLimit)}});
  const Severity severity = this->severity(rule);
  Json configuration{{"level", level_of(severity)}};
  if (rank_of(severity) >= 0) configuration.set("rank", rank_of(severity));
  out.set("defaultConfiguration", configuration);
  Json relationships = taxonomies_.relationships(rule);
  if (!relationships.empty()) out.set("relationships", relationships);
  Json properties{
      {"tags", tags_of(rule)},
      // An expectation compares one effective value; a query may be a judgement.
      {"precision", std::holds_alternative<engine::Expect>(rule.check) ? "very-high" : "high"},
      {"problem.severity", problem_severity(severity)}};
  if (!security_severity(severity).empty())
    properties.set("security-severity", security_severity(severity));
  if (!rule.topic.empty()) properties.set("category", rule.topic);
  out.set("properties", properties);
  return out;
}

}  // namespace drydock::report::sarif_log
