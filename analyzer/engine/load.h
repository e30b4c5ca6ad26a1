// The parts of a rule file that have a file of their own. Used by load_rule only.
#pragma once

#include "analyzer/engine/rule.h"
#include "analyzer/engine/yaml.h"

namespace drydock::engine::load {

Expect expect(const yaml::Node& node, Rule& rule, yaml::Mistakes& mistakes);
std::optional<Condition> condition(const yaml::Node& node, yaml::Mistakes& mistakes, int depth = 0);
std::vector<Example> examples(const yaml::Node& node, yaml::Mistakes& mistakes);
std::vector<Parameter> parameters(const yaml::Node& node, yaml::Mistakes& mistakes);
std::optional<Scope> scope(std::string_view text);

// Is `path` the way paths are written in rules: relative, normal, not empty?
bool is_tree_path(std::string_view path);
// kebab-case: lower-case letters, digits and single hyphens, starting with a letter.
bool is_kebab(std::string_view text);

}  // namespace drydock::engine::load
