#include "analyzer/engine/evaluate.h"

#include <sqlite3.h>

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/engine/functions.h"
#include "analyzer/engine/judgement.h"
#include "analyzer/engine/program.h"
#include "analyzer/engine/sandbox.h"
#include "analyzer/facts/collect.h"

namespace drydock::engine {
struct Plan::Impl {
  explicit Impl(facts::Store& facts) : store(facts) {}

  facts::Store& store;
  std::vector<Program> programs;  // sorted by rule id
  Names tables;
  std::optional<Sandbox> sandbox;       // entered only while statements are prepared and run
  const Parameters* current = nullptr;  // what parameter() shows
  std::vector<Diagnostic> diagnostics;
};

Plan::Plan(std::vector<std::shared_ptr<const Rule>> rules, facts::Store& store,
           std::vector<Diagnostic>& diagnostics)
    : impl_(std::make_unique<Impl>(store)) {
  if (const auto added = add_functions(store.handle(), &impl_->current); !added) {
    diagnostics.push_back({.level = Level::error,
                           .kind = DiagnosticKind::internal,
                           .path = {},
                           .span = {},
                           .message = "rules cannot be prepared: " + added.error().message,
                           .help = {}});
    return;
  }
  std::ranges::sort(rules, {}, [](const auto& rule) -> const std::string& { return rule->id; });
  Sandbox& sandbox = impl_->sandbox.emplace(store);
  for (std::shared_ptr<const Rule>& rule : rules) {
    const bool conditional = rule->applies.has_value();
    auto program = compile(std::move(rule), store, sandbox);
    if (!program) {
      diagnostics.insert(diagnostics.end(), program.error().begin(), program.error().end());
      continue;
    }
    impl_->tables.insert(program->collects.begin(), program->collects.end());
    if (conditional && store.table("trait") != nullptr) impl_->tables.emplace("trait");
    impl_->programs.push_back(std::move(*program));
  }
  sandbox.leave();
}

Plan::~Plan() = default;
Plan::Plan(Plan&&) noexcept = default;

const Names& Plan::tables() const {
  return impl_->tables;
}

std::vector<std::string> Plan::tables_of(std::string_view rule) const {
  for (const Program& program : impl_->programs)
    if (program.rule->id == rule) return {program.collects.begin(), program.collects.end()};
  return {};
}

const std::vector<Diagnostic>& Plan::diagnostics() const {
  return impl_->diagnostics;
}

std::vector<RuleResult> Plan::run(const EvaluateOptions& options) {
  std::vector<RuleResult> results;
  results.reserve(impl_->programs.size());
  if (!impl_->sandbox) return results;  // nothing could be prepared
  Judgement judgement(impl_->store, *impl_->sandbox, options, impl_->current, impl_->diagnostics);
  for (Program& program : impl_->programs) results.push_back(judgement.judge(program));
  return results;
}

std::optional<Names> tables_known_before(const std::vector<std::shared_ptr<const Rule>>& rules) {
  Names tables;
  for (const auto& rule : rules) {
    if (rule->tables.empty()) return std::nullopt;
    tables.insert(rule->tables.begin(), rule->tables.end());
    if (rule->applies) tables.emplace("trait");
  }
  return tables;
}

}  // namespace drydock::engine
