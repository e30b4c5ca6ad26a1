// What a benchmark asks for, by its own numbers, and what of it files can decide: so that a recommendation
// without a rule is a known gap with a reason, not an oversight.
#pragma once

#include <span>
#include <string_view>

namespace drydock::engine {

struct BenchmarkItem {
  enum class Decision : uint8_t {
    decided,      // a rule passes or fails
    review,       // a rule lists the evidence; a person judges
    undecidable,  // it stands in no file of the host: there is no rule
  };
  std::string_view id;  // "5.32"; the text of a benchmark is its publisher's
  Decision decision = Decision::decided;
  std::string_view why = {};  // of review and undecidable: what files do not say
};

struct Benchmark {
  std::string_view taxonomy;  // as in a rule's references: "cis-docker"
  std::string_view title;     // with its version
  std::span<const BenchmarkItem> items;
};

std::string_view name(BenchmarkItem::Decision decision);  // "decided", "review", "undecidable"

// The benchmark whose recommendations are known one by one; nullptr: of this taxonomy only what rules
// refer to.
const Benchmark* find_benchmark(std::string_view taxonomy);

}  // namespace drydock::engine
