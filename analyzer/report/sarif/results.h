// Findings and outcomes as SARIF results.
#pragma once

#include "analyzer/engine/result.h"
#include "analyzer/report/sarif/files.h"
#include "analyzer/report/sarif/json.h"
#include "analyzer/report/sarif/rules.h"

namespace drydock::report::sarif_log {

class Results {
 public:
  Results(const engine::ScanResult& scan, const Rules& rules, Files& files)
      : scan_(scan), rules_(rules), files_(files) {}

  Json failing(const engine::TargetResult& target, const engine::RuleResult& rule,
               const engine::Finding& finding) const;
  // Of a rule that does not fail: kind pass, notApplicable or open.
  Json other(const engine::TargetResult& target, const engine::RuleResult& rule) const;

 private:
  Json message(const engine::TargetResult& target, const engine::Finding& finding,
               size_t& linked) const;
  Json location(const engine::TargetResult& target, const engine::Finding& finding,
                const File& file) const;
  Json fingerprints(const engine::Finding& finding, const File& file, bool sensitive) const;
  Json related(const engine::TargetResult& target, const engine::Finding& finding) const;
  Json fixes(const engine::TargetResult& target, const engine::Finding& finding) const;

  const engine::ScanResult& scan_;
  const Rules& rules_;
  Files& files_;
};

}  // namespace drydock::report::sarif_log
