#include "analyzer/engine/result.h"
#include "analyzer/engine/rule.h"

namespace drydock::engine {

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "critical";
    case Severity::high:
      return "high";
    case Severity::medium:
      return "medium";
    case Severity::low:
      return "low";
    case Severity::info:
      break;
  }
  return "info";
}

std::optional<Severity> severity_of(std::string_view text) {
  for (const Severity severity :
       {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::info})
    if (name(severity) == text) return severity;
  return std::nullopt;
}

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "pass";
    case Outcome::fail:
      return "fail";
    case Outcome::not_applicable:
      return "not-applicable";
    case Outcome::unknown:
      break;
  }
  return "unknown";
}

namespace {

using Operator = Comparison::Operator;
constexpr std::pair<Operator, std::string_view> kOperators[] = {
    {Operator::equals, "equals"},
    {Operator::not_equals, "not-equals"},
    {Operator::in, "in"},
    {Operator::not_in, "not-in"},
    {Operator::at_least, "at-least"},
    {Operator::at_most, "at-most"},
    {Operator::mode_at_most, "mode-at-most"},
    {Operator::matches, "matches"},
    {Operator::not_matches, "not-matches"},
    {Operator::contains, "contains"},
    {Operator::not_contains, "not-contains"},
    {Operator::present, "present"},
    {Operator::absent, "absent"},
};

}  // namespace

std::string_view name(Comparison::Operator op) {
  for (const auto& [known, text] : kOperators)
    if (known == op) return text;
  return {};
}

std::optional<Comparison::Operator> operator_of(std::string_view text) {
  for (const auto& [known, word] : kOperators)
    if (word == text) return known;
  return std::nullopt;
}

const Parameter* Rule::parameter(std::string_view wanted) const {
  for (const Parameter& parameter : parameters)
    if (parameter.name == wanted) return &parameter;
  return nullptr;
}

}  // namespace drydock::engine
