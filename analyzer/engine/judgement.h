// Prepared rules judged on the facts of one target. Used by Plan only.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/engine/evaluate.h"
#include "analyzer/engine/program.h"
#include "analyzer/engine/sandbox.h"

namespace drydock::engine {

class Judgement {
 public:
  // `current` is set to the parameters of the rule that runs, as add_functions wants it.
  Judgement(const facts::Store& store, const EvaluateOptions& options, const Parameters*& current,
            std::vector<Diagnostic>& diagnostics);
  ~Judgement();

  RuleResult judge(Program& program);

 private:
  struct Trait {
    bool holds = false;
    std::string because;
  };
  struct Hit;
  struct Run;

  // Why the rule is not applicable; empty: it is.
  std::string not_applicable(const Program& program);
  bool holds(const Condition& condition, std::string& reason) const;
  bool has_rows(const std::string& table);
  // The first file that could not be read of those the rule depends on, in words; empty: none.
  std::string unread(const Program& program) const;

  void run_query(Program& program, Run& run);
  void run_expect(Program& program, Run& run);
  void finish(Program& program, Run& run, RuleResult& result);
  Finding finding(const Program& program, const Hit& hit, const Run& run);
  void add_overridden(const Program& program, const Hit& hit, Finding& finding);
  std::string anchor(const Rule& rule) const;
  void report(const Program& program, DiagnosticKind kind, std::string message);

  const facts::Store& store_;
  const EvaluateOptions& options_;
  const Parameters*& current_;
  std::vector<Diagnostic>& diagnostics_;
  std::map<std::string, Trait, std::less<>> traits_;
  std::map<std::string, std::vector<std::string>, std::less<>>
      unread_;  // table -> what was not read
  std::unordered_map<std::string, bool> has_rows_;
  Statement overridden_;
  std::optional<Sandbox> sandbox_;
};

}  // namespace drydock::engine
