#include "analyzer/cli/rule_pages.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "analyzer/cli/help.h"

namespace drydock::cli {
namespace {

using engine::Comparison;
using engine::Condition;
using engine::Example;
using engine::Expect;
using engine::Rule;

using Words = std::vector<std::string>;

std::string join(const Words& words, std::string_view separator = ", ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(separator)) + word;
  return out;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \n") + 1);
  return text;
}

std::string condition_text(const Condition& condition) {
  if (condition.kind == Condition::Kind::trait) return condition.trait;
  Words parts;
  for (const Condition& part : condition.parts)
    parts.push_back(part.parts.size() > 1 ? "(" + condition_text(part) + ")"
                                          : condition_text(part));
  if (condition.kind == Condition::Kind::none) return "not " + join(parts, " and not ");
  return join(parts, condition.kind == Condition::Kind::all ? " and " : " or ");
}

std::string_view operator_text(Comparison::Operator op) {
  switch (op) {
    case Comparison::Operator::equals:
      return "is";
    case Comparison::Operator::not_equals:
      return "is not";
    case Comparison::Operator::in:
      return "is one of";
    case Comparison::Operator::not_in:
      return "is none of";
    case Comparison::Operator::at_least:
      return "is at least";
    case Comparison::Operator::at_most:
      return "is at most";
    case Comparison::Operator::mode_at_most:
      return "is a mode without bits beyond";
    case Comparison::Operator::matches:
      return "matches";
    case Comparison::Operator::not_matches:
      return "does not match";
    case Comparison::Operator::contains:
      return "has the words";
    case Comparison::Operator::not_contains:
      return "has none of the words";
    case Comparison::Operator::present:
      return "is set";
    case Comparison::Operator::absent:
      break;
  }
  return "is not set";
}

std::string comparisons_text(const std::vector<Comparison>& comparisons) {
  Words parts;
  for (const Comparison& comparison : comparisons) {
    std::string part(operator_text(comparison.op));
    if (!comparison.operands.empty()) part += " " + join(comparison.operands);
    parts.push_back(part);
  }
  return join(parts, " and ");
}

std::string missing_text(const Expect& expect) {
  switch (expect.if_missing) {
    case Expect::Missing::fail:
      return "If it is not set, that is a finding.";
    case Expect::Missing::pass:
      return "If it is not set, nothing is wrong.";
    case Expect::Missing::unknown:
      return "If it is not set, the outcome is unknown.";
    case Expect::Missing::value:
      break;
  }
  return "If it is not set, " +
         (expect.missing_value.empty() ? "an empty value" : expect.missing_value) + " counts.";
}

std::string check_text(const Rule& rule) {
  const auto* expect = std::get_if<Expect>(&rule.check);
  if (expect == nullptr) return {};
  std::string out = "In the table " + expect->table + ", " +
                    (expect->column.empty() ? "" : expect->column + " of ") + join(expect->keys);
  Words demands, alternatives;
  if (!expect->all.empty()) demands.push_back(comparisons_text(expect->all));
  for (const auto& group : expect->any) alternatives.push_back(comparisons_text(group));
  if (!alternatives.empty()) demands.push_back(join(alternatives, " or "));
  out += " " + join(demands, ", and ");
  if (!expect->where.empty()) out += ", where " + expect->where;
  return out + ". " + missing_text(*expect);
}

std::string references_text(const Rule& rule) {
  Words parts;
  for (const auto& [taxonomy, ids] : rule.references) parts.push_back(taxonomy + " " + join(ids));
  return join(parts, "; ");
}

const Example* failing_example(const Rule& rule) {
  const auto found = std::ranges::find(rule.examples, "fail", &Example::outcome);
  return found == rule.examples.end() ? nullptr : &*found;
}

class Page {
 public:
  explicit Page(const PageStyle& style) : style_(style) {}

  void heading(const Rule& rule) {
    out_ += strong(rule.title) + "\n" + rule.id + "  " + std::string(name(rule.severity)) + "  " +
            (rule.is_review ? "review  " : "") + rule.topic + "\n";
  }
  void section(const std::string& title, const std::string& text) {
    if (text.empty()) return;
    out_ += "\n" + strong(title) + "\n  " + wrap(trimmed(text), 2, style_.width - 2) + "\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string strong(const std::string& text) const {
    return style_.colour ? "\x1b[1m" + text + "\x1b[0m" : text;
  }

  PageStyle style_;
  std::string out_;
};

std::string example_text(const Example& example) {
  std::string out;
  for (const engine::ExampleFile& file : example.files) {
    if (file.kind != engine::ExampleFile::Kind::file) continue;
    out += file.path + "\n";
    std::string_view rest = file.content;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      out += "  " + std::string(rest.substr(0, end)) + "\n";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  if (!example.at.empty()) out += "found at " + join(example.at);
  return out;
}

std::string parameters_text(const Rule& rule) {
  std::string out;
  for (const engine::Parameter& parameter : rule.parameters)
    out += (out.empty() ? "" : "\n") + parameter.name +
           " (default: " + (parameter.value.empty() ? "empty" : join(parameter.value)) +
           "): " + reflow(trimmed(parameter.doc));
  return out;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return out;
}

}  // namespace

std::string rules_as_text(const RuleList& rules) {
  size_t widest = 0;
  std::map<std::string, std::vector<const Rule*>> topics;
  for (const auto& rule : rules) {
    widest = std::max(widest, rule->id.size());
    topics[rule->topic].push_back(rule.get());
  }
  std::string out;
  for (const auto& [topic, members] : topics) {
    out += (out.empty() ? "" : "\n") + topic + "\n";
    for (const Rule* rule : members) {
      std::string severity(name(rule->severity));
      severity.resize(9, ' ');
      out += "  " + rule->id + std::string(widest + 2 - rule->id.size(), ' ') + severity + " " +
             rule->title + "\n";
    }
  }
  return out + (out.empty() ? "" : "\n") + std::to_string(rules.size()) +
         (rules.size() == 1 ? " rule\n" : " rules\n");
}

std::string rules_as_json(const RuleList& rules) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const auto& rule : rules) {
    nlohmann::ordered_json parameters = nlohmann::ordered_json::object();
    for (const engine::Parameter& parameter : rule->parameters) {
      if (parameter.is_list || parameter.value.empty())
        parameters[parameter.name] = parameter.value;
      else
        parameters[parameter.name] = parameter.value.front();
    }
    out.push_back({{"id", rule->id},
                   {"title", rule->title},
                   {"severity", name(rule->severity)},
                   {"kind", rule->is_review ? "review" : "fail"},
                   {"topic", rule->topic},
                   {"profiles", rule->profiles},
                   {"references", rule->references},
                   {"parameters", parameters},
                   {"deprecatedIds", rule->deprecated_ids}});
  }
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string rules_as_markdown(const RuleList& rules) {
  std::map<std::string, std::vector<const Rule*>> topics;
  for (const auto& rule : rules) topics[rule->topic].push_back(rule.get());
  std::string out = "# Rules\n\nWritten by `drydock rules --format md`; do not edit.\n";
  for (const auto& [topic, members] : topics) {
    out += "\n## " + topic + "\n\n| rule | severity | |\n|---|---|---|\n";
    for (const Rule* rule : members)
      out += "| [" + rule->id + "](" + rule->id + ".md) | " + std::string(name(rule->severity)) +
             " | " + cell(rule->title) + " |\n";
  }
  return out;
}

std::string rule_as_text(const Rule& rule, const PageStyle& style) {
  Page page(style);
  page.heading(rule);
  page.section("Why", reflow(trimmed(rule.why)));
  page.section("Fix", reflow(trimmed(rule.fix)));
  page.section("Check", check_text(rule));
  if (const auto* query = std::get_if<engine::Query>(&rule.check))
    page.section("Check", query->sql);
  if (rule.applies)
    page.section("Applies", "Only where this holds: " + condition_text(*rule.applies) + ".");
  page.section("Parameters", parameters_text(rule));
  if (const Example* example = failing_example(rule))
    page.section("Example of a finding", example_text(*example));
  page.section("Profiles", join(rule.profiles));
  page.section("References", references_text(rule));
  return page.take();
}

std::string rule_as_markdown(const Rule& rule) {
  std::string out =
      "# " + rule.title + "\n\nWritten by `drydock explain --format md`; do not edit.\n\n";
  out += "| | |\n|---|---|\n| id | `" + rule.id + "` |\n| severity | " +
         std::string(name(rule.severity)) + " |\n| topic | " + rule.topic + " |\n| profiles | " +
         join(rule.profiles) + " |\n";
  if (rule.applies) out += "| applies | " + cell(condition_text(*rule.applies)) + " |\n";
  for (const auto& [taxonomy, ids] : rule.references)
    out += "| " + taxonomy + " | " + cell(join(ids)) + " |\n";
  out += "\n" + trimmed(rule.why) + "\n\n## Fix\n\n" + trimmed(rule.fix) + "\n\n## Check\n\n";
  if (const auto* query = std::get_if<engine::Query>(&rule.check))
    out += "```sql\n" + trimmed(query->sql) + "\n```\n";
  else
    out += check_text(rule) + "\n";
  if (!rule.parameters.empty()) {
    out += "\n## Parameters\n\n| name | default | |\n|---|---|---|\n";
    for (const engine::Parameter& parameter : rule.parameters)
      out += "| `" + parameter.name + "` | " + cell(join(parameter.value)) + " | " +
             cell(reflow(trimmed(parameter.doc))) + " |\n";
  }
  if (const Example* example = failing_example(rule); example != nullptr && !example->files.empty())
    out += "\n## Example of a finding\n\n```\n" + trimmed(example_text(*example)) + "\n```\n";
  return out;
}

}  // namespace drydock::cli
