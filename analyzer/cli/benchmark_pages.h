// A benchmark's recommendations, each with the rules that decide it: drydock rules --benchmark.
#pragma once

#include <string>

#include "analyzer/cli/rule_pages.h"
#include "analyzer/engine/benchmark.h"

namespace drydock::cli {

std::string benchmark_as_text(const engine::Benchmark& benchmark, const RuleList& rules);
std::string benchmark_as_markdown(const engine::Benchmark& benchmark, const RuleList& rules);

}  // namespace drydock::cli
