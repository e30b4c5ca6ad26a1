// Writers: one result model in, one text out. No writer looks at anything else.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "analyzer/engine/result.h"

namespace drydock::report {

struct TextOptions {
  bool colour = false;
  bool quiet = false;  // findings and the summary only
  int width = 100;
};
// For people: findings grouped by severity, then by place.
std::string text(const engine::ScanResult& result, const TextOptions& options);

struct SarifOptions {
  // What else than failing results to write: "pass", "not-applicable", "unknown".
  std::set<std::string> include;
  std::string category;  // automationDetails.id; empty: only for several targets
  // "error", "warning" or "note": no result and no rule is shown as graver, in level, rank and security-severity.
  std::string max_level = "error";
};
// SARIF 2.1.0, safe for GitHub and GitLab by default.
std::string sarif(const engine::ScanResult& result, const SarifOptions& options);

// The result model itself, as docs/report.schema.json describes it.
std::string json(const engine::ScanResult& result);

}  // namespace drydock::report
