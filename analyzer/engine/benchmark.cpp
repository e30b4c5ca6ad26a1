#include "analyzer/engine/benchmark.h"

namespace drydock::engine {
namespace {

constexpr auto kReview = BenchmarkItem::Decision::review;
constexpr auto kUndecidable = BenchmarkItem::Decision::undecidable;

// Sections 1 to 7 of CIS Docker Benchmark 1.6.0. Section 8 is about a product
// that is no longer sold.
constexpr BenchmarkItem kCisDocker[] = {
    {"1.1.1"},
    {"1.1.2"},
    {"1.1.3"},
    {"1.1.4"},
    {"1.1.5"},
    {"1.1.6"},
    {"1.1.7"},
    {"1.1.8"},
    {"1.1.9"},
    {"1.1.10"},
    {"1.1.11"},
    {"1.1.12"},
    {"1.1.13"},
    {"1.1.14"},
    {"1.1.15"},
    {"1.1.16"},
    {"1.1.17"},
    {"1.1.18"},
    {"1.2.1", kReview, "the sum of the rules of the profiles base and server"},
    {"1.2.2", kReview, "which version is installed is known, which one is current is not"},
    {"2.1", kReview, "a rootless daemon is seen; whether this host could do with one is not"},
    {"2.2"},
    {"2.3"},
    {"2.4"},
    {"2.5"},
    {"2.6"},
    {"2.7"},
    {"2.8"},
    {"2.9"},
    {"2.10"},
    {"2.11"},
    {"2.12"},
    {"2.13"},
    {"2.14"},
    {"2.15"},
    {"2.16"},
    {"2.17"},
    {"2.18"},
    {"3.1"},
    {"3.2"},
    {"3.3"},
    {"3.4"},
    {"3.5"},
    {"3.6"},
    {"3.7"},
    {"3.8"},
    {"3.9"},
    {"3.10"},
    {"3.11"},
    {"3.12"},
    {"3.13"},
    {"3.14"},
    {"3.15"},
    {"3.16"},
    {"3.17"},
    {"3.18"},
    {"3.19"},
    {"3.20"},
    {"3.21"},
    {"3.22"},
    {"3.23"},
    {"3.24"},
    {"4.1"},
    {"4.2", kReview, "whom to trust is a parameter of the rule"},
    {"4.3", kReview, "which packages are needed is known to the image's owner"},
    {"4.4", kReview, "the date of the image is known; its packages' holes are for a scanner"},
    {"4.5"},
    {"4.6"},
    {"4.7"},
    {"4.8"},
    {"4.9"},
    {"4.10", kReview, "by the names of variables; other secrets are not told from data"},
    {"4.11", kReview, "what is seen is what the history of the image admits"},
    {"4.12", kReview, "policies that check signatures are seen; checks in a pipeline are not"},
    {"5.1"},
    {"5.2"},
    {"5.3"},
    {"5.4"},
    {"5.5"},
    {"5.6"},
    {"5.7", kReview, "processes are not on disk: declared ports and start commands are looked at"},
    {"5.8"},
    {"5.9", kReview, "who needs a published port is known to its owner"},
    {"5.10"},
    {"5.11"},
    {"5.12"},
    {"5.13"},
    {"5.14"},
    {"5.15"},
    {"5.16"},
    {"5.17"},
    {"5.18"},
    {"5.19"},
    {"5.20"},
    {"5.21"},
    {"5.22"},
    {"5.23", kReview, "only what shells remember"},
    {"5.24", kReview, "only what shells remember"},
    {"5.25"},
    {"5.26"},
    {"5.27"},
    {"5.28", kReview, "which version is the latest is known to the registry"},
    {"5.29"},
    {"5.30"},
    {"5.31"},
    {"5.32"},
    {"6.1"},
    {"6.2"},
    {"7.1", kUndecidable, "managers are listed in the raft log, which is encrypted"},
    {"7.2"},
    {"7.3", kUndecidable, "networks of a swarm are kept in the raft log, which is encrypted"},
    {"7.4", kUndecidable, "secrets of a swarm are kept in the raft log, which is encrypted"},
    {"7.5"},
    {"7.6", kUndecidable, "nothing on disk says when the key was last changed"},
    {"7.7", kReview, "until when it is valid is known, how often it was renewed is not"},
    {"7.8", kReview, "until when it is valid is known, how often it was renewed is not"},
    {"7.9"},
};

constexpr Benchmark kBenchmarks[] = {
    {"cis-docker", "CIS Docker Benchmark 1.6.0, sections 1 to 7", kCisDocker},
};

}  // namespace

std::string_view name(BenchmarkItem::Decision decision) {
  switch (decision) {
    case BenchmarkItem::Decision::decided:
      return "decided";
    case BenchmarkItem::Decision::review:
      return "review";
    case BenchmarkItem::Decision::undecidable:
      break;
  }
  return "undecidable";
}

const Benchmark* find_benchmark(std::string_view taxonomy) {
  for (const Benchmark& benchmark : kBenchmarks)
    if (benchmark.taxonomy == taxonomy) return &benchmark;
  return nullptr;
}

}  // namespace drydock::engine
