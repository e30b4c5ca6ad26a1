#include "analyzer/cli/scanning.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "analyzer/cli/command.h"
#include "analyzer/cli/evidence.h"
#include "analyzer/cli/version.h"
#include "analyzer/facts/collect.h"
#include "analyzer/facts/look_ahead.h"

namespace drydock::cli {
namespace {

class Stopwatch {
 public:
  void restart() { last_ = std::chrono::steady_clock::now(); }
  // Adds the milliseconds since the last call to `sum`.
  void lap(double& sum) {
    const auto now = std::chrono::steady_clock::now();
    sum += std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

constexpr std::string_view kTraitTable = "trait";

// "base.tar.zst" of "/x/base.tar.zst", "web" of "/hosts/web/", the directory's own name of ".".
std::string artifact_name(const std::string& path) {
  if (path == "-") return "standard-input";
  std::error_code ignored;
  std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const std::string name = whole.filename().string();
  return name.empty() ? "root" : name;
}

engine::TargetResult judge(const Artifact& artifact, const Target& target,
                           const ScanRequest& request, const TableNames& tables,
                           facts::Store& store, engine::Plan& plan, facts::LookedAhead ahead,
                           ScanCost& cost) {
  Stopwatch watch;
  engine::TargetResult result;
  result.name = target.name;
  result.scope = target.scope;
  result.scope_reason = target.scope_reason;
  result.prefix = target.prefix;
  result.diagnostics =
      facts::collect(target, store, tables, osv_feed(request.artifact), std::move(ahead));
  watch.lap(cost.collect_ms);

  engine::EvaluateOptions options;
  if (!artifact.in_repository) {
    options.target_name = target.name;
  } else {  // whichever directory the checkout lies in, and whichever part of it is scanned
    options.target_name = request.artifact.target_name;
    options.lasting_path = [&](std::string_view path) {
      const std::string inside = target.artifact_path(path);
      return artifact.repository_path.empty() ? inside : artifact.repository_path + "/" + inside;
    };
  }
  options.scope = target.scope;
  options.parameters = request.parameters;
  options.text = [&target](std::string_view path) -> std::optional<std::string_view> {
    const auto text = target.tree->read_resolved(path);
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
  };
  result.rules = plan.run(options);
  facts::say_unread(*target.tree, result.diagnostics);  // queries on files look further
  result.diagnostics.insert(result.diagnostics.end(), plan.diagnostics().begin(),
                            plan.diagnostics().end());
  if (store.table(kTraitTable) != nullptr)
    if (const auto traits = store.select("SELECT name FROM trait WHERE holds ORDER BY name"))
      for (const auto& row : traits->rows) result.traits.push_back(row.front().value_or(""));
  load_evidence(target, result);
  watch.lap(cost.judge_ms);
  return result;
}

// Was something left out that a rule needed? A malformed line that the program in question ignores
// too is not: it is known what it means.
bool leaves_a_gap(const Diagnostic& diagnostic) {
  if (diagnostic.level < Level::warning) return false;
  switch (diagnostic.kind) {
    case DiagnosticKind::parse_error:
    case DiagnosticKind::not_read:
    case DiagnosticKind::artifact:
    case DiagnosticKind::limit:
    case DiagnosticKind::internal:
      return true;
    case DiagnosticKind::symlink:
    case DiagnosticKind::configuration:
      break;
  }
  return false;
}

bool is_complete(const engine::TargetResult& target) {
  return std::ranges::none_of(target.diagnostics, leaves_a_gap) &&
         std::ranges::none_of(target.rules, &engine::RuleResult::incomplete);
}

size_t count_findings(const engine::ScanResult& result, engine::Severity least) {
  size_t count = 0;
  for (const auto& target : result.targets)
    for (const auto& rule : target.rules)
      if (rule.rule->severity <= least && !rule.rule->is_review) count += rule.findings.size();
  return count;
}

}  // namespace

void decide_exit(engine::ScanResult& result, const ScanRequest& request) {
  const auto least = engine::severity_of(request.fail_on);  // none: no severity
  const size_t findings = least ? count_findings(result, *least) : 0;
  if (findings > 0 && !request.exit_zero) {
    result.exit_code = kFindings;
    result.exit_reason = std::to_string(findings) + (findings == 1 ? " finding" : " findings") +
                         " at or above " + request.fail_on;
  } else if (!result.complete && !request.allow_incomplete) {
    result.exit_code = kIncomplete;
    result.exit_reason = "the scan is incomplete";
  } else {
    result.exit_code = kClean;
    result.exit_reason =
        least ? "no findings at or above " + request.fail_on : "findings do not count";
    if (findings > 0) result.exit_reason = "findings do not count";
  }
}

namespace {

// A store and a plan for one host. Statements keep to their store.
struct Prepared {
  std::unique_ptr<facts::Store> store;
  std::unique_ptr<engine::Plan> plan;
  std::vector<Diagnostic> diagnostics;
  double ms = 0;
};

// To give back what a scan held piece by piece takes longer than some scans: the first one of a process,
// which is the only one of the program, leaves that to the end of the process.
void leave_to_exit(std::shared_ptr<const void> held) {
  static auto* const kept = new std::vector<std::shared_ptr<const void>>;
  if (kept->size() < 2) kept->push_back(std::move(held));
}

Result<Prepared> prepare(const ScanRequest& request) {
  Stopwatch watch;
  auto store = new_store();
  if (!store) return store.error();
  Prepared out;
  out.store = std::move(*store);
  out.plan = std::make_unique<engine::Plan>(request.rules, *out.store, out.diagnostics);
  watch.lap(out.ms);
  return out;
}

}  // namespace

Result<engine::ScanResult> scan(const ScanRequest& request, ScanCost& cost) {
  Stopwatch watch;
  engine::ScanResult result;
  result.tool_version = kVersion;
  result.artifact_path = request.artifact.path;
  result.artifact_name = artifact_name(request.artifact.path);
  result.profiles = request.profiles;
  result.diagnostics = request.configuration;

  // Only what the rules read is collected. That is known from preparing them against empty tables, and of
  // the rules in the catalogue already before, so that the artifact is opened meanwhile.
  const std::optional<TableNames> known = engine::tables_known_before(request.rules);
  std::optional<Result<Prepared>> first;
  std::thread preparing;
  if (known && request.artifact.jobs != 1)
    preparing = std::thread([&] { first.emplace(prepare(request)); });
  else
    first.emplace(prepare(request));
  if (first && !*first) return first->error();
  TableNames tables = known ? *known : (*first)->plan->tables();
  tables.emplace(kTraitTable);
  cost.rules = request.rules.size();
  cost.tables.assign(tables.begin(), tables.end());

  watch.restart();
  Result<Artifact> artifact = open(request.artifact, tables, [&] {
    if (preparing.joinable()) preparing.join();
  });
  watch.lap(cost.open_ms);
  facts::LookedAhead ahead;
  if (artifact && request.artifact.jobs != 1 && artifact->targets.size() == 1)
    ahead = facts::look_ahead(artifact->targets.front(), tables);
  if (preparing.joinable()) preparing.join();
  if (!*first) return first->error();
  if (!artifact) return artifact.error();
  cost.plan_ms = (*first)->ms;
  result.diagnostics.insert(result.diagnostics.end(), (*first)->diagnostics.begin(),
                            (*first)->diagnostics.end());
  cost.entries = artifact->entries;
  result.artifact_format = artifact->format;
  result.artifact_size = artifact->size;
  result.repository_path = artifact->repository_path;
  result.paths_in_repository = artifact->in_repository;
  result.diagnostics.insert(result.diagnostics.end(), artifact->diagnostics.begin(),
                            artifact->diagnostics.end());

  for (const Target& target : artifact->targets) {
    // What the others say while they are prepared, the first has said.
    Result<Prepared> own = result.targets.empty() ? std::move(*first) : prepare(request);
    if (!own) return own.error();
    result.targets.push_back(judge(*artifact, target, request, tables, *own->store, *own->plan,
                                   std::exchange(ahead, {}), cost));
    if (&target == &artifact->targets.back())
      leave_to_exit(std::make_shared<Prepared>(std::move(*own)));
  }

  if (artifact->read_cost) cost.read = artifact->read_cost();
  result.complete = artifact->complete && std::ranges::none_of(result.diagnostics, leaves_a_gap) &&
                    std::ranges::all_of(result.targets, is_complete);
  decide_exit(result, request);
  leave_to_exit(std::make_shared<Artifact>(std::move(*artifact)));
  return result;
}

}  // namespace drydock::cli
