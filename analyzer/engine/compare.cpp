#include "analyzer/engine/compare.h"

#include <algorithm>
#include <charconv>

#include "analyzer/engine/message.h"
#include "analyzer/engine/pattern.h"

namespace drydock::engine {
namespace {

using Operator = Comparison::Operator;

constexpr std::string_view kNameBytes = "abcdefghijklmnopqrstuvwxyz0123456789-";

// Calls literal(text) and name(parameter) for the pieces of an operand, in order.
template <class Literal, class Name>
void split(std::string_view operand, Literal literal, Name name) {
  size_t begin = 0;
  for (size_t i = 0; i < operand.size(); ++i) {
    if (operand[i] != '{') continue;
    const size_t close = operand.find_first_not_of(kNameBytes, i + 1);
    if (close == std::string_view::npos || operand[close] != '}' || close == i + 1) continue;
    if (operand[i + 1] < 'a' || operand[i + 1] > 'z') continue;
    literal(operand.substr(begin, i - begin));
    name(operand.substr(i + 1, close - i - 1));
    begin = close + 1;
    i = close;
  }
  literal(operand.substr(begin));
}

const std::vector<std::string>* values_of(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(std::string(name));
  return found == parameters.end() ? nullptr : &found->second;
}

std::string joined(const std::vector<std::string>& values, std::string_view separator) {
  std::string result;
  for (const std::string& value : values) {
    if (&value != &values.front()) result += separator;
    result += value;
  }
  return result;
}

// The operands with parameters filled in: one that is nothing but a parameter gives all its values,
// in others a list stands joined by commas.
std::vector<std::string> filled(const std::vector<std::string>& operands,
                                const Parameters& parameters) {
  std::vector<std::string> result;
  for (const std::string& operand : operands) {
    std::string text;
    const std::vector<std::string>* alone = nullptr;
    split(
        operand, [&](std::string_view literal) { text += literal; },
        [&](std::string_view name) {
          const std::vector<std::string>* values = values_of(parameters, name);
          if (values == nullptr) return;
          text += joined(*values, ",");
          if (operand.size() == name.size() + 2) alone = values;
        });
    if (alone != nullptr)
      result.insert(result.end(), alone->begin(), alone->end());
    else
      result.push_back(std::move(text));
  }
  return result;
}

bool same(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto x = as_number(a);
  return x && x == as_number(b);
}

bool has_all_words(std::string_view list, const std::vector<std::string>& words, bool any) {
  const auto has = [&](const std::string& word) { return has_word(list, word); };
  return any ? std::any_of(words.begin(), words.end(), has)
             : std::all_of(words.begin(), words.end(), has);
}

std::string quoted_list(const std::vector<std::string>& operands, std::string_view separator) {
  return joined(operands, separator);
}

std::string wanted(const Comparison& comparison) {
  const std::vector<std::string>& operands = comparison.operands;
  switch (comparison.op) {
    case Operator::equals:
      return quoted_list(operands, " or ");
    case Operator::not_equals:
      return "anything but " + quoted_list(operands, ", ");
    case Operator::in:
      return (operands.size() > 1 ? "one of " : "") + quoted_list(operands, ", ");
    case Operator::not_in:
      return "none of " + quoted_list(operands, ", ");
    case Operator::at_least:
      return "at least " + quoted_list(operands, ", ");
    case Operator::at_most:
      return "at most " + quoted_list(operands, ", ");
    case Operator::mode_at_most:
      return "mode " + quoted_list(operands, ", ") + " or stricter";
    case Operator::matches:
      return "a match of /" + quoted_list(operands, ", ") + "/";
    case Operator::not_matches:
      return "no match of /" + quoted_list(operands, ", ") + "/";
    case Operator::contains:
      return "a list with " + quoted_list(operands, " and ");
    case Operator::not_contains:
      return "a list without " + quoted_list(operands, " and ");
    case Operator::present:
      return "any value";
    case Operator::absent:
      break;
  }
  return "no value";
}

std::string wanted(const std::vector<Comparison>& comparisons) {
  std::string result;
  for (const Comparison& comparison : comparisons)
    result += (result.empty() ? "" : " and ") + wanted(comparison);
  return result;
}

// A text as it must stand in a MessageTemplate: braces doubled, but for those of parameters.
std::string escaped(std::string_view text) {
  std::string result;
  split(
      text,
      [&](std::string_view literal) {
        for (const char byte : literal) result += byte == '{' ? "{{" : std::string(1, byte);
      },
      [&](std::string_view name) { (result += '{').append(name) += '}'; });
  return result;
}

}  // namespace

struct Judge::Compiled {
  Operator op;
  std::vector<std::string> operands;
  std::vector<Pattern> patterns;
  int64_t number = 0;

  bool holds(std::optional<std::string_view> value) const;
};

bool Judge::Compiled::holds(std::optional<std::string_view> value) const {
  if (!value) return op == Operator::absent;
  const auto is_operand = [&](const std::string& operand) { return same(*value, operand); };
  const auto has_match = [&](const Pattern& pattern) { return pattern.matches(*value); };
  const auto found = as_number(*value);
  switch (op) {
    case Operator::equals:
    case Operator::in:
      return std::any_of(operands.begin(), operands.end(), is_operand);
    case Operator::not_equals:
    case Operator::not_in:
      return std::none_of(operands.begin(), operands.end(), is_operand);
    case Operator::at_least:
      return found && *found >= number;
    case Operator::at_most:
      return found && *found <= number;
    case Operator::mode_at_most:
      return found && (*found & ~number) == 0;
    case Operator::matches:
      return std::any_of(patterns.begin(), patterns.end(), has_match);
    case Operator::not_matches:
      return std::none_of(patterns.begin(), patterns.end(), has_match);
    case Operator::contains:
      return has_all_words(*value, operands, false);
    case Operator::not_contains:
      return !has_all_words(*value, operands, true);
    case Operator::present:
      return true;
    case Operator::absent:
      break;
  }
  return false;
}

Judge::~Judge() = default;
Judge::Judge(Judge&&) noexcept = default;

Judge::Judge(const Expect& expect, const Parameters& parameters) {
  all_ = compile(expect.all, parameters);
  for (const auto& group : expect.any) any_.push_back(compile(group, parameters));
}

std::vector<Judge::Compiled> Judge::compile(const std::vector<Comparison>& comparisons,
                                            const Parameters& parameters) {
  std::vector<Compiled> result;
  for (const Comparison& comparison : comparisons) {
    Compiled compiled{
        .op = comparison.op, .operands = filled(comparison.operands, parameters), .patterns = {}};
    const bool numeric = comparison.op == Operator::at_least || comparison.op == Operator::at_most;
    const bool mode = comparison.op == Operator::mode_at_most;
    if (numeric || mode) {
      const std::string operand = joined(compiled.operands, ",");
      const auto number = mode ? as_mode(operand) : as_number(operand);
      if (!number) problem_ = "'" + operand + (mode ? "' is no octal mode" : "' is no number");
      compiled.number = number.value_or(0);
    }
    if (comparison.op == Operator::matches || comparison.op == Operator::not_matches) {
      for (const std::string& operand : compiled.operands) {
        compiled.patterns.emplace_back(operand);
        if (!compiled.patterns.back().ok()) problem_ = compiled.patterns.back().problem();
      }
    }
    result.push_back(std::move(compiled));
  }
  return result;
}

bool Judge::holds(std::optional<std::string_view> value) const {
  const auto every = [&](const std::vector<Compiled>& group) {
    return std::all_of(group.begin(), group.end(),
                       [&](const Compiled& one) { return one.holds(value); });
  };
  return every(all_) && (any_.empty() || std::any_of(any_.begin(), any_.end(), every));
}

std::optional<std::string> wanted_text(const Expect& expect, const Parameters& parameters) {
  if (!expect.any.empty() || expect.all.size() != 1 || expect.all.front().op != Operator::equals)
    return std::nullopt;
  const std::vector<std::string> operands = filled(expect.all.front().operands, parameters);
  if (operands.size() != 1) return std::nullopt;
  return operands.front();
}

std::string default_message(const Expect& expect) {
  std::string text = wanted(expect.all);
  std::string any;
  for (const auto& group : expect.any) any += (any.empty() ? "" : " or ") + wanted(group);
  if (!text.empty() && !any.empty()) text += ", and ";
  text += any;
  const std::string subject =
      expect.column.empty() ? "{key}" : escaped(expect.column) + " of {key}";
  return subject + " is {value}; wanted: " + escaped(text) + ".";
}

std::vector<std::string> parameter_names(std::string_view operand) {
  std::vector<std::string> result;
  split(
      operand, [](std::string_view) {}, [&](std::string_view name) { result.emplace_back(name); });
  return result;
}

std::optional<int64_t> as_number(std::string_view text) {
  return whole_number(text);
}

std::optional<int64_t> as_mode(std::string_view text) {
  int64_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode < 0 || mode > 07777)
    return std::nullopt;
  return mode;
}

}  // namespace drydock::engine
