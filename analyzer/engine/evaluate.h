// Rules judged over facts, in a sandbox: a hostile pack must not read, write, hang or bloat.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/scope.h"
#include "analyzer/engine/compare.h"
#include "analyzer/engine/result.h"
#include "analyzer/engine/rule.h"
#include "analyzer/facts/store.h"

namespace drydock::engine {

struct EvaluateOptions {
  std::string target_name = {};  // part of each finding's identity
  // What the identity calls a file of the target, for a checkout its path there; empty: its path in the
  // target.
  std::function<std::string(std::string_view path)> lasting_path = {};
  Scope scope = Scope::host;
  Parameters parameters = {};  // set by the user; others keep the rule's default
  std::chrono::milliseconds deadline_per_rule{2000};
  std::chrono::milliseconds deadline{20000};  // for all rules together; the others are unknown
  // The text of a file of the target, nullopt if there is none: tells which of several anchors
  // exists, and tells findings apart that only differ in their line. May be empty.
  std::function<std::optional<std::string_view>(std::string_view path)> text = {};
};

// Rules prepared against a store's schema, before any fact is there: what they read is known then.
class Plan {
 public:
  // Rules that do not prepare are left out and named in `diagnostics`. `store` must outlive the
  // plan.
  Plan(std::vector<std::shared_ptr<const Rule>> rules, facts::Store& store,
       std::vector<Diagnostic>& diagnostics);
  ~Plan();
  Plan(Plan&&) noexcept;

  // The tables to collect: those that the rules (and their conditions) read.
  const std::set<std::string, std::less<>>& tables() const;
  // Those of one rule's check; empty if it is none of the plan's.
  std::vector<std::string> tables_of(std::string_view rule) const;

  // Judges every rule on the collected, frozen facts. Sorted by rule id, findings by place. Rules
  // run in a Sandbox, so targets are judged one after another, and nothing else may use SQLite
  // meanwhile.
  std::vector<RuleResult> run(const EvaluateOptions& options);

  // What went wrong in run(): rules that failed to evaluate or whose findings were cut.
  const std::vector<Diagnostic>& diagnostics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What Plan::tables() will say, without preparing anything; nullopt if only preparing tells (a rule of a
// pack).
std::optional<std::set<std::string, std::less<>>> tables_known_before(
    const std::vector<std::shared_ptr<const Rule>>& rules);

}  // namespace drydock::engine
