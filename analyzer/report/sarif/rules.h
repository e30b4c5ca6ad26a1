// Rules as SARIF reporting descriptors. Their text is static: it never holds data of a finding.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/engine/result.h"
#include "analyzer/report/sarif/json.h"
#include "analyzer/report/sarif/taxonomies.h"

namespace drydock::report::sarif_log {

// The rules that the targets of one run were judged by, sorted by id, and where each stands.
class Rules {
 public:
  // `max_level` as in SarifOptions.
  Rules(std::vector<const engine::Rule*> rules, std::string_view max_level);

  // The rules that any of the targets was judged by, sorted by id.
  static std::vector<const engine::Rule*> of(
      const std::vector<const engine::TargetResult*>& targets);
  const std::vector<const engine::Rule*>& all() const { return rules_; }

  // The severity that the log shows for a rule.
  engine::Severity severity(const engine::Rule& rule) const;

  size_t index(const engine::Rule& rule) const { return index_.at(rule.id); }
  const Taxonomies& taxonomies() const { return taxonomies_; }
  // The taxa that a result of the rule names; may be empty.
  const Json& result_taxa(size_t rule_index) const { return taxa_[rule_index]; }
  size_t size() const { return rules_.size(); }
  Json descriptor(size_t index) const;

 private:
  std::vector<const engine::Rule*> rules_;
  std::unordered_map<std::string_view, size_t> index_;
  Taxonomies taxonomies_;
  std::vector<Json> taxa_;
  engine::Severity gravest_;
};

// "error", "warning" or "note".
std::string_view level_of(engine::Severity severity);
// The middle of GitHub's bands, "9.5", "8.0", "5.5", "2.0"; empty for info, which is no weakness.
std::string_view security_severity(engine::Severity severity);
// SARIF's rank, which GitLab reads first: ten times the above; negative when there is none.
double rank_of(engine::Severity severity);

// "sshd-root-login" -> "SshdRootLogin".
std::string pascal_case(std::string_view id);

}  // namespace drydock::report::sarif_log
