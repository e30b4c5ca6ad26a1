// What rules refer to - CIS recommendations, CWE, NIST controls - as SARIF taxonomies.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/engine/rule.h"
#include "analyzer/report/sarif/json.h"

namespace drydock::report::sarif_log {

// The taxonomies that a set of rules refers to, with the taxa they use. The names of known
// taxonomies, their GUIDs and their order are fixed; a pack's own kind of reference becomes a
// taxonomy of that name.
class Taxonomies {
 public:
  explicit Taxonomies(const std::vector<const engine::Rule*>& rules);

  Json relationships(const engine::Rule& rule) const;  // of a rule object; may be empty
  Json result_taxa(
      const engine::Rule& rule) const;   // of a result: the recommendations; may be empty
  std::vector<Json> components() const;  // of run.taxonomies
  Json supported() const;                // driver.supportedTaxonomies

  // References for people, one line a kind: "CIS Docker Benchmark: 1.1.3, 1.1.4".
  static std::vector<std::string> lines(const engine::Rule& rule);
  // The tags "external/cwe/cwe-250" that GitHub and DefectDojo read.
  static std::vector<std::string> tags(const engine::Rule& rule);

 private:
  struct Component {
    std::string key;
    std::map<std::string, size_t> taxa;  // id -> index
  };

  template <class Visit>
  void each(const engine::Rule& rule, Visit visit) const;

  std::vector<Component> components_;
};

}  // namespace drydock::report::sarif_log
