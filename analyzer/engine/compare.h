// What an `expect` says about one value.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"

namespace drydock::engine {

// Parameters with the values that count: the user's, else the rule's default.
using Parameters = std::map<std::string, std::vector<std::string>>;

// The comparisons of one expect with parameters filled in and patterns compiled.
class Judge {
 public:
  Judge(const Expect& expect, const Parameters& parameters);
  ~Judge();
  Judge(Judge&&) noexcept;

  // Does a value satisfy all comparisons and one group of `any`? nullopt: there is no value.
  bool holds(std::optional<std::string_view> value) const;

  // What is wrong with the operands now that parameters are in them (a pattern that does not
  // compile, no number for at-least); empty: nothing. holds() must not be asked otherwise.
  const std::string& problem() const { return problem_; }

 private:
  struct Compiled;
  std::vector<Compiled> compile(const std::vector<Comparison>& comparisons,
                                const Parameters& parameters);

  std::vector<Compiled> all_;
  std::vector<std::vector<Compiled>> any_;
  std::string problem_;
};

// The text that a value gives an `equals`, when this is the only way to satisfy the expect; else
// nullopt.
std::optional<std::string> wanted_text(const Expect& expect, const Parameters& parameters);

// The message (a MessageTemplate) of an expect that has none.
std::string default_message(const Expect& expect);

// The kebab-case names in braces: "{max}" -> max. A repetition of a pattern ("{2,3}") is none.
std::vector<std::string> parameter_names(std::string_view operand);

// Numbers as an operand or a value spells them; see whole_number. nullopt: none.
std::optional<int64_t> as_number(std::string_view text);
// "0640" or "640" -> 416; nullopt unless octal and at most 07777.
std::optional<int64_t> as_mode(std::string_view text);

}  // namespace drydock::engine
