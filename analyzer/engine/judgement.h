// Prepared rules judged on the facts of one target. Used by Plan only.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/engine/evaluate.h"
#include "analyzer/engine/program.h"
#include "analyzer/engine/sandbox.h"

namespace drydock::engine {

class Judgement {
 public:
  // `current` is set to the parameters of the rule that runs, as add_functions wants it.
  Judgement(const facts::Store& store, Sandbox& sandbox, const EvaluateOptions& options,
            const Parameters*& current, std::vector<Diagnostic>& diagnostics);
  ~Judgement();

  RuleResult judge(Program& program);

 private:
  enum class Verdict : uint8_t { no, yes, unknown };
  struct Trait {
    Verdict holds = Verdict::no;
    std::string because;
  };
  struct Hit;
  struct Run;

  // Whether the rule is applicable, and why not.
  Verdict applicable(const Program& program, std::string& reason);
  Verdict holds(const Condition& condition, std::string& reason) const;
  bool has_rows(const std::string& table);
  // Does this table hold what is written in files, rather than the files themselves?
  bool is_written(const std::string& table) const;
  // Does the line hold a placeholder of a template? Only files of a repository can.
  bool is_filled_in_later(const facts::Location& place);
  // Is only /etc here, and do files elsewhere decide too?
  bool lacks_vendor_files(const Program& program) const;
  // The first file that could not be read of those the rule depends on, in words; empty: none.
  std::string unread(const Program& program) const;

  void run_query(Program& program, Run& run);
  void run_expect(Program& program, Run& run);
  void finish(Program& program, Run& run, RuleResult& result);
  Finding finding(const Program& program, const Hit& hit, const Run& run);
  void add_overridden(const Program& program, const Hit& hit, Finding& finding);
  std::string anchor(const Rule& rule) const;
  // The result of a rule for which no time is left.
  RuleResult late(const Program& program);
  void report(const Program& program, DiagnosticKind kind, std::string message);

  const facts::Store& store_;
  Sandbox& sandbox_;
  const EvaluateOptions& options_;
  const Parameters*& current_;
  std::chrono::steady_clock::time_point end_;  // of the time for all rules
  bool late_ = false;                          // that was said
  std::vector<Diagnostic>& diagnostics_;
  std::map<std::string, Trait, std::less<>> traits_;
  std::map<std::string, std::vector<std::string>, std::less<>>
      unread_;  // table -> what was not read
  std::unordered_map<std::string, bool> has_rows_;
  Statement overridden_;
  std::string lines_path_;  // of is_filled_in_later: the file it looked at last
  std::string_view lines_text_;
  std::optional<LineIndex> lines_;
};

}  // namespace drydock::engine
