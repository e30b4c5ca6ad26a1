// Style of rules: what a sound rule may still lack. Each check is small and has a name and an advice.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/engine/rule.h"
#include "analyzer/facts/table.h"

namespace drydock::engine {

using Tables = std::span<const facts::TableSpec* const>;

struct LintCheck {
  std::string_view name;    // "failing-example-has-at"
  std::string_view key;     // the key of the rule file it is about: where its diagnostics point
  std::string_view advice;  // what to do, for people
  std::string (*problem)(const Rule& rule, Tables tables);  // empty: nothing to say
};

std::span<const LintCheck> lint_checks();

// What the checks say about one rule: warnings that start with the check's name.
std::vector<Diagnostic> lint(const Rule& rule, Tables tables);

// What only shows when rules are seen together: a parameter that two rules declare differently.
std::vector<Diagnostic> lint_together(const std::vector<std::shared_ptr<const Rule>>& rules);

// The text of a new rule file for `drydock rules new ID`: loads as it is, and says in comments what to write.
std::string scaffold(std::string_view id);

}  // namespace drydock::engine
