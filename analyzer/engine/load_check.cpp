// The part of a rule file that judges: conditions and expectations.
#include "analyzer/engine/compare.h"
#include "analyzer/engine/load.h"
#include "analyzer/engine/pattern.h"

namespace drydock::engine::load {
namespace {

using Operator = Comparison::Operator;

bool takes_list(Operator op) {
  return op == Operator::in || op == Operator::not_in || op == Operator::contains ||
         op == Operator::not_contains;
}

// Only what no parameter fills in can be checked here.
void check_operand(Operator op, const std::string& operand, Span span, yaml::Mistakes& mistakes) {
  if (!parameter_names(operand).empty()) return;
  switch (op) {
    case Operator::at_least:
    case Operator::at_most:
      if (!as_number(operand)) mistakes.error(span, "'" + operand + "' is no number");
      break;
    case Operator::mode_at_most:
      if (!as_mode(operand))
        mistakes.error(span, "'" + operand + "' is no octal mode", "write it as \"0640\"");
      break;
    case Operator::matches:
    case Operator::not_matches:
      if (const Pattern pattern(operand); !pattern.ok())
        mistakes.error(span, "the pattern is not valid: " + pattern.problem(),
                       "patterns are RE2's");
      break;
    default:
      break;
  }
}

// The operators among the entries of a mapping.
std::vector<Comparison> comparisons(yaml::Mapping& mapping, const yaml::Node& node,
                                    yaml::Mistakes& mistakes) {
  std::vector<Comparison> result;
  for (int op = 0; op <= static_cast<int>(Operator::absent); ++op)
    mapping.get(name(static_cast<Operator>(op)));  // so that a misspelt one is told what it is like
  for (const auto& [key, value] : node.entries) {
    const auto op = operator_of(key.text);
    if (!op) continue;
    Comparison comparison{.op = *op, .operands = {}};
    if (*op == Operator::present || *op == Operator::absent) {
      if (!mapping.flag(key.text))
        mistakes.error(value.span, "'" + key.text + "' can only be true");
    } else {
      if (value.is_sequence() && !takes_list(*op))
        mistakes.error(value.span, "'" + key.text + "' takes one value, not a list");
      comparison.operands = mapping.texts(key.text);
      if (comparison.operands.empty())
        mistakes.error(value.span, "'" + key.text + "' needs a value");
      for (const std::string& operand : comparison.operands)
        check_operand(*op, operand, value.span, mistakes);
    }
    result.push_back(std::move(comparison));
  }
  return result;
}

std::vector<std::vector<Comparison>> groups(yaml::Mapping& mapping, std::string_view key,
                                            yaml::Mistakes& mistakes) {
  std::vector<std::vector<Comparison>> result;
  const yaml::Node* node = mapping.get(key);
  if (node == nullptr) return result;
  if (!node->is_sequence() || node->items.empty()) {
    mistakes.error(node->span, "'" + std::string(key) + "' must be a list of comparisons");
    return result;
  }
  for (const yaml::Node& item : node->items) {
    yaml::Mapping group(item, "an entry of '" + std::string(key) + "'", mistakes);
    result.push_back(comparisons(group, item, mistakes));
    if (group.valid() && result.back().empty())
      mistakes.error(item.span, "no comparison is given here");
    group.finish();
  }
  return result;
}

void missing(yaml::Mapping& mapping, Expect& expect) {
  if (!mapping.has("if-missing")) {
    for (const Comparison& comparison : expect.all)
      if (comparison.op == Operator::absent) expect.if_missing = Expect::Missing::pass;
  }
  const std::string text = mapping.text("if-missing");
  if (!mapping.has("if-missing")) return;
  if (text == "fail") {
    expect.if_missing = Expect::Missing::fail;
  } else if (text == "pass") {
    expect.if_missing = Expect::Missing::pass;
  } else if (text == "unknown") {
    expect.if_missing = Expect::Missing::unknown;
  } else {
    expect.if_missing = Expect::Missing::value;
    expect.missing_value = text;
  }
}

}  // namespace

Expect expect(const yaml::Node& node, Rule& rule, yaml::Mistakes& mistakes) {
  Expect result;
  yaml::Mapping mapping(node, "'expect'", mistakes);
  result.table = mapping.required_text("table");
  const bool one = mapping.has("key");
  const bool several = mapping.has("keys");
  if (mapping.valid() && one == several)
    mistakes.error(mapping.span(), "'expect' has exactly one of 'key' and 'keys'");
  for (std::string& key : mapping.texts("key")) result.keys.push_back(std::move(key));
  for (std::string& key : mapping.texts("keys")) result.keys.push_back(std::move(key));
  if (mapping.valid() && one != several && result.keys.empty())
    mistakes.error(mapping.span(), "'expect' needs at least one key");
  result.column = mapping.text("column");
  result.where = mapping.text("where");
  result.all = comparisons(mapping, node, mistakes);
  for (std::vector<Comparison>& group : groups(mapping, "all", mistakes))
    result.all.insert(result.all.end(), group.begin(), group.end());
  result.any = groups(mapping, "any", mistakes);
  if (mapping.valid() && result.all.empty() && result.any.empty())
    mistakes.error(mapping.span(), "'expect' compares nothing",
                   "give 'equals', 'in', 'at-least', … (docs/rules.md)");
  missing(mapping, result);
  mapping.finish();

  const auto check_names = [&](const std::vector<Comparison>& list) {
    for (const Comparison& comparison : list)
      for (const std::string& operand : comparison.operands)
        for (const std::string& name : parameter_names(operand))
          if (rule.parameter(name) == nullptr)
            mistakes.error(mapping.span(), "'{" + name + "}' is no parameter of this rule");
  };
  check_names(result.all);
  for (const auto& group : result.any) check_names(group);
  return result;
}

std::optional<Condition> condition(const yaml::Node& node, yaml::Mistakes& mistakes, int depth) {
  if (depth > 8) {
    mistakes.error(node.span, "the condition is nested too deeply");
    return std::nullopt;
  }
  Condition result;
  const auto add = [&](const yaml::Node& part) {
    if (auto inner = condition(part, mistakes, depth + 1))
      result.parts.push_back(std::move(*inner));
  };
  if (node.is_scalar()) {
    if (!is_kebab(node.text))
      mistakes.error(node.span, "'" + node.text + "' cannot be a trait's name");
    result.trait = node.text;
    return result;
  }
  if (node.is_sequence()) {
    result.kind = Condition::Kind::all;
    for (const yaml::Node& item : node.items) add(item);
    if (node.items.empty()) mistakes.error(node.span, "the condition is empty");
    return result;
  }
  if (!node.is_map() || node.entries.size() != 1) {
    mistakes.error(node.span, "a condition is a trait, or one of 'not', 'all', 'any'");
    return std::nullopt;
  }
  const auto& [key, value] = node.entries.front();
  if (key.text == "not") {
    result.kind = Condition::Kind::none;
    add(value);
  } else if (key.text == "all" || key.text == "any") {
    result.kind = key.text == "all" ? Condition::Kind::all : Condition::Kind::any;
    if (!value.is_sequence() || value.items.empty())
      mistakes.error(value.span, "'" + key.text + "' must be a list of conditions");
    for (const yaml::Node& item : value.items) add(item);
  } else {
    mistakes.error(key.span, "a condition has no '" + key.text + "'", "write not, all or any");
  }
  return result;
}

}  // namespace drydock::engine::load
