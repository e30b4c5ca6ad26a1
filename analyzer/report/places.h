// How a place of a target is named in reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/engine/result.h"

namespace drydock::report {

// The URI of a file of `target`, always relative: in the checkout for a repository scan, else
// "<target>/<path in the target>". `path` is a tree path.
std::string place_uri(const engine::ScanResult& result, const engine::TargetResult& target,
                      std::string_view path);

// The same for people, raw bytes: "/etc/fstab" in a host, the path in the checkout or in the
// artifact for loose files.
std::string place_name(const engine::ScanResult& result, const engine::TargetResult& target,
                       std::string_view path);

// What may be shown of a file; null when nothing is known of it.
const engine::FileEvidence* evidence(const engine::TargetResult& target, std::string_view path);

// The text of a file that reports may quote; empty when there is none, or when it is sensitive.
std::optional<std::string_view> quotable(const engine::TargetResult& target, std::string_view path);

// How often each outcome occurred among rules, and how many findings there are of each severity. Rules of the kind
// review that found something are counted apart: a person has to judge what they list.
struct Summary {
  size_t pass = 0, fail = 0, not_applicable = 0, unknown = 0;
  size_t findings[5] = {};  // indexed by engine::Severity
  size_t total_findings = 0;
  size_t review_rules = 0, review_findings = 0;

  void add(const engine::TargetResult& target);
};

}  // namespace drydock::report
