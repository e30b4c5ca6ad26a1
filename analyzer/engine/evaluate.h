// Rules judged over facts, in a sandbox: a hostile pack must not read, write, hang or bloat.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/scope.h"
#include "analyzer/engine/result.h"
#include "analyzer/engine/rule.h"
#include "analyzer/facts/store.h"

namespace drydock::engine {

using Parameters = std::map<std::string, std::vector<std::string>>;

struct EvaluateOptions {
  std::string target_name;
  Scope scope = Scope::host;
  Parameters parameters;  // set by the user; others keep the rule's default
  std::chrono::milliseconds deadline_per_rule{2000};
};

// Rules prepared against a store's schema, before any fact is there: what they read is known then.
class Plan {
 public:
  // Rules that do not prepare are left out and named in `diagnostics`. `store` must outlive the plan.
  Plan(std::vector<std::shared_ptr<const Rule>> rules, facts::Store& store,
       std::vector<Diagnostic>& diagnostics);
  ~Plan();
  Plan(Plan&&) noexcept;

  // The tables that the rules (and their conditions) read.
  const std::set<std::string, std::less<>>& tables() const;

  // Judges every rule on the collected, frozen facts. Sorted by rule id, findings by place.
  std::vector<RuleResult> run(const EvaluateOptions& options);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::engine
