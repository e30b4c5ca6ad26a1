#include "analyzer/report/places.h"

#include "analyzer/report/uri.h"

namespace drydock::report {
namespace {

using engine::FileEvidence;
using engine::ScanResult;
using engine::TargetResult;

std::string joined(std::string_view directory, std::string_view path) {
  std::string out(directory);
  if (!out.empty() && !path.empty() && out.back() != '/') out += '/';
  return out.append(path);
}

std::string path_in_artifact(const TargetResult& target, std::string_view path) {
  const FileEvidence* file = evidence(target, path);
  if (file && !file->artifact_path.empty()) return file->artifact_path;
  return joined(target.prefix, path);
}

}  // namespace

const FileEvidence* evidence(const TargetResult& target, std::string_view path) {
  const auto found = target.files.find(std::string(path));
  return found == target.files.end() ? nullptr : &found->second;
}

std::optional<std::string_view> quotable(const TargetResult& target, std::string_view path) {
  const FileEvidence* file = evidence(target, path);
  if (!file || file->sensitive || !file->text) return std::nullopt;
  return *file->text;
}

std::string place_uri(const ScanResult& result, const TargetResult& target, std::string_view path) {
  if (result.paths_in_repository)
    return uri_of(joined(result.repository_path, path_in_artifact(target, path)));
  return uri_of(joined(target.name, path));
}

std::string place_name(const ScanResult& result, const TargetResult& target,
                       std::string_view path) {
  if (result.paths_in_repository)
    return joined(result.repository_path, path_in_artifact(target, path));
  if (target.scope == Scope::fragment) return path_in_artifact(target, path);
  return path.starts_with('/') ? std::string(path) : "/" + std::string(path);
}

void Summary::add(const TargetResult& target) {
  for (const engine::RuleResult& rule : target.rules) {
    if (rule.rule->is_review && rule.outcome == engine::Outcome::fail) {
      ++review_rules;
      review_findings += rule.findings.size();
      continue;
    }
    switch (rule.outcome) {
      case engine::Outcome::pass:
        ++pass;
        break;
      case engine::Outcome::fail:
        ++fail;
        break;
      case engine::Outcome::not_applicable:
        ++not_applicable;
        break;
      case engine::Outcome::unknown:
        ++unknown;
        break;
    }
    findings[static_cast<size_t>(rule.rule->severity)] += rule.findings.size();
    total_findings += rule.findings.size();
  }
}

}  // namespace drydock::report
