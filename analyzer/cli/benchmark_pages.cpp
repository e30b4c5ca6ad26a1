#include "analyzer/cli/benchmark_pages.h"

#include <algorithm>
#include <map>

namespace drydock::cli {
namespace {

using engine::Benchmark;
using engine::BenchmarkItem;

using RulesOf = std::map<std::string, std::vector<std::string>, std::less<>>;

RulesOf rules_by_item(const Benchmark& benchmark, const RuleList& rules) {
  RulesOf out;
  for (const auto& rule : rules)
    if (const auto found = rule->references.find(std::string(benchmark.taxonomy));
        found != rule->references.end())
      for (const std::string& id : found->second) out[id].push_back(rule->id);
  for (auto& [id, names] : out) std::sort(names.begin(), names.end());
  return out;
}

std::string summary(const Benchmark& benchmark) {
  size_t counts[3] = {};
  for (const BenchmarkItem& item : benchmark.items) ++counts[static_cast<size_t>(item.decision)];
  return std::to_string(benchmark.items.size()) + " recommendations: " + std::to_string(counts[0]) +
         " are decided, of " + std::to_string(counts[1]) + " the evidence is listed for review, " +
         std::to_string(counts[2]) + " stand in no file of the host.";
}

}  // namespace

std::string benchmark_as_text(const Benchmark& benchmark, const RuleList& rules) {
  const RulesOf by_item = rules_by_item(benchmark, rules);
  std::string out = std::string(benchmark.title) + "\n" + summary(benchmark) + "\n\n";
  const std::string indent(22, ' ');
  for (const BenchmarkItem& item : benchmark.items) {
    std::string line = "  " + std::string(item.id);
    line.resize(9, ' ');
    line += name(item.decision);
    line.resize(indent.size(), ' ');
    out += line;
    bool is_first = true;
    if (const auto found = by_item.find(item.id); found != by_item.end())
      for (const std::string& rule : found->second) {
        out += (is_first ? "" : indent) + rule + "\n";
        is_first = false;
      }
    if (!item.why.empty()) {
      out += (is_first ? "" : indent) + "(" + std::string(item.why) + ")\n";
      is_first = false;
    }
    if (is_first) out += "no rule\n";
  }
  return out;
}

std::string benchmark_as_markdown(const Benchmark& benchmark, const RuleList& rules) {
  const RulesOf by_item = rules_by_item(benchmark, rules);
  std::string out = "# " + std::string(benchmark.title) +
                    "\n\nWritten by `drydock rules --benchmark " + std::string(benchmark.taxonomy) +
                    " --format md`; do not edit.\n\n" + summary(benchmark) +
                    "\n\n| id | outcome | rules | |\n|---|---|---|---|\n";
  for (const BenchmarkItem& item : benchmark.items) {
    std::string links;
    if (const auto found = by_item.find(item.id); found != by_item.end())
      for (const std::string& rule : found->second)
        links += (links.empty() ? "[" : "<br>[") + rule + "](rules/" + rule + ".md)";
    const bool decided = item.decision == BenchmarkItem::Decision::decided;
    out += "| " + std::string(item.id) + " | " +
           (decided ? std::string("pass or fail") : std::string(name(item.decision))) + " | " +
           links + " | " + std::string(item.why) + " |\n";
  }
  return out;
}

}  // namespace drydock::cli
