#include "analyzer/engine/benchmark.h"

#include <gtest/gtest.h>

#include <set>

#include "analyzer/engine/catalogue.h"

namespace drydock {
namespace {

using Decision = engine::BenchmarkItem::Decision;

TEST(Benchmarks, EveryRecommendationHasARuleOrAReason) {
  const engine::Benchmark* benchmark = engine::find_benchmark("cis-docker");
  ASSERT_NE(benchmark, nullptr);
  std::set<std::string, std::less<>> referred;
  const auto catalogue = engine::Catalogue::built_in();
  for (const auto& rule : catalogue.rules())
    if (const auto found = rule->references.find("cis-docker"); found != rule->references.end())
      referred.insert(found->second.begin(), found->second.end());
  size_t counts[3] = {};
  for (const engine::BenchmarkItem& item : benchmark->items) {
    ++counts[static_cast<size_t>(item.decision)];
    EXPECT_EQ(referred.contains(item.id), item.decision != Decision::undecidable) << item.id;
    EXPECT_EQ(item.why.empty(), item.decision == Decision::decided) << item.id;
    referred.erase(std::string(item.id));
  }
  EXPECT_EQ(counts[0], 97u);
  EXPECT_EQ(counts[1], 16u);
  EXPECT_EQ(counts[2], 4u);
  EXPECT_TRUE(referred.empty()) << *referred.begin() << " is no recommendation";
}

}  // namespace
}  // namespace drydock
