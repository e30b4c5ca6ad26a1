// Writers: one result model in, one text out. No writer looks at anything else.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/result.h"

namespace drydock::report {

struct TextOptions {
  bool colour = false;
  bool quiet = false;  // findings and the summary only
  int width = 100;
};
// For people: findings grouped by severity, then by place.
std::string text(const engine::ScanResult& result, const TextOptions& options);

// The part of a SARIF log that only rules decide, their descriptions, which is most of it.
class SarifRules {
 public:
  virtual ~SarifRules() = default;
};

struct SarifOptions {
  // What else than failing results to write: "pass", "not-applicable", "unknown".
  std::set<std::string> include;
  std::string category;  // automationDetails.id; empty: only for several targets
  // "error", "warning" or "note": no result and no rule is shown as graver, in level, rank and security-severity.
  std::string max_level = "error";
  // As prepare_sarif() made it for the rules of the scan; empty: it is made when it is needed.
  std::shared_ptr<const SarifRules> rules = {};
};
// May be made beside the scan. `rules` must live as long; `max_level` as in the options.
std::shared_ptr<const SarifRules> prepare_sarif(
    const std::vector<std::shared_ptr<const engine::Rule>>& rules, const std::string& max_level);
// SARIF 2.1.0, safe for GitHub and GitLab by default.
std::string sarif(const engine::ScanResult& result, const SarifOptions& options);

// The result model itself, as docs/report.schema.json describes it.
std::string json(const engine::ScanResult& result);

}  // namespace drydock::report
