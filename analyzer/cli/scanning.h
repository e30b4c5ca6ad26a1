// The way of a scan: rules, the tables they read, the artifact, facts, outcomes. No command line,
// no output.
#pragma once

#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/cli/opening.h"
#include "analyzer/engine/evaluate.h"
#include "analyzer/engine/result.h"

namespace drydock::cli {

struct ScanRequest {
  ArtifactOptions artifact;
  std::vector<std::shared_ptr<const engine::Rule>> rules;
  engine::Parameters parameters;
  std::vector<std::string> profiles;      // as named in the report
  std::vector<Diagnostic> configuration;  // what is to be said about it
  std::string fail_on = "high";           // or critical, medium, low, info, none
  bool exit_zero = false;                 // findings give exit code 0
  bool allow_incomplete = false;          // an incomplete scan gives exit code 0 or 1
};

// What a scan cost, for --stats.
struct ScanCost {
  size_t rules = 0;
  std::vector<std::string> tables;
  uint64_t entries = 0;
  std::optional<ReadCost> read;  // of a disk image
  double plan_ms = 0, open_ms = 0, collect_ms = 0, judge_ms = 0;
};

// Fails when there is no verdict at all: the artifact cannot be opened. Everything less is in the
// result.
Result<engine::ScanResult> scan(const ScanRequest& request, ScanCost& cost);

// The exit code that a result means and why, as command.h says: set by scan().
void decide_exit(engine::ScanResult& result, const ScanRequest& request);

}  // namespace drydock::cli
