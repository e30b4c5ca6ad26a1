// Rules, loaded: the built-in catalogue and packs of others.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/result.h"
#include "analyzer/engine/rule.h"

namespace drydock::engine {

// Parses one rule file. On failure every mistake is a diagnostic with its place in the file.
struct LoadedRule {
  std::shared_ptr<const Rule> rule;  // null if there are errors
  std::vector<Diagnostic> diagnostics;
};
LoadedRule load_rule(std::string_view yaml, std::string_view path);

class Catalogue {
 public:
  // The rules compiled into the program.
  static Catalogue built_in();

  // Adds a pack: a directory with pack.yaml (name, version, engine version needed) and rules below
  // it. Mistakes are returned; the pack's sound rules are added all the same.
  std::vector<Diagnostic> add_pack(const std::string& directory);

  void add(std::shared_ptr<const Rule> rule);
  const std::vector<std::shared_ptr<const Rule>>& rules() const { return rules_; }  // sorted by id
  // By id or by a deprecated id; null if unknown.
  std::shared_ptr<const Rule> find(std::string_view id) const;

 private:
  std::vector<std::shared_ptr<const Rule>> rules_;
};

}  // namespace drydock::engine
