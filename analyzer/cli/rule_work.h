// What people do who write rules. Each says its results and gives the exit code: kClean; kFindings
// when a rule is not as it should be; kError when there is nothing to look at.
#pragma once

#include <string>

namespace drydock::cli {

// `path` is a directory of rules or one rule file.
int test_rules(const std::string& path);
int lint_rules(const std::string& path);

// Writes `directory`/`topic`/`id`.yaml; an empty topic is the first word of the id.
int new_rule(const std::string& id, const std::string& topic, const std::string& directory);

}  // namespace drydock::cli
