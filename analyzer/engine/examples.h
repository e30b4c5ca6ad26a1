// The examples of a rule, run as its tests: each is written down as a small host, its facts are
// collected for real, and the rule must come to the stated outcome at the stated places.
#pragma once

#include <memory>
#include <string>

#include "analyzer/engine/rule.h"

namespace drydock::engine {

// Empty: the example holds. Else what was expected and what came out, for people.
std::string run_example(const std::shared_ptr<const Rule>& rule, const Example& example);

}  // namespace drydock::engine
