// Rules as people read them: drydock explain, drydock rules, the reference pages.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzer/engine/rule.h"

namespace drydock::cli {

using RuleList = std::vector<std::shared_ptr<const engine::Rule>>;

std::string rules_as_text(const RuleList& rules);  // a line each, by topic
std::string rules_as_json(
    const RuleList& rules);  // id, severity, profiles, references, title, topic …
std::string rules_as_markdown(
    const RuleList& rules);  // docs/reference/rules/README.md: an index of pages

struct PageStyle {
  bool colour = false;
  size_t width = 100;
};
std::string rule_as_text(const engine::Rule& rule, const PageStyle& style);
std::string rule_as_markdown(const engine::Rule& rule);  // docs/reference/rules/ID.md

}  // namespace drydock::cli
