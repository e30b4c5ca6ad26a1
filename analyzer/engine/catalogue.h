// Rules, loaded: the built-in catalogue and packs of others.
#pragma once

#include <memory>
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

// One file of a directory of rules, with its text for messages.
struct RuleFile {
  std::string path;  // the directory as given + the path below it
  std::string text;
  LoadedRule loaded;
};
// Every *.yaml below `directory` but pack.yaml, sorted by path; fails if there is no such
// directory. Symbolic links to directories are not followed.
Result<std::vector<RuleFile>> load_directory(const std::string& directory);

class Catalogue {
 public:
  // The rules compiled into the program, without their examples: those are in no hurry.
  static Catalogue built_in();
  // The examples of a built-in rule; empty if there is no such rule.
  static std::vector<Example> built_in_examples(std::string_view id);

  // Adds a pack: a directory with pack.yaml (name, version, engine: the least version of drydock it
  // needs) and rules below it. Mistakes are returned; the pack's sound rules are added all the
  // same. A rule whose id (or deprecated id) is taken is a mistake.
  std::vector<Diagnostic> add_pack(const std::string& directory);

  // False, and nothing done, if the rule's id or one of its deprecated ids is taken.
  bool add(std::shared_ptr<const Rule> rule);
  const std::vector<std::shared_ptr<const Rule>>& rules() const { return rules_; }  // sorted by id
  // By id or by a deprecated id; null if unknown.
  std::shared_ptr<const Rule> find(std::string_view id) const;

 private:
  std::vector<std::shared_ptr<const Rule>> rules_;
};

}  // namespace drydock::engine
