#include "analyzer/cli/opening.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "analyzer/cli/progress.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

std::optional<Scope> scope_of(std::string_view text) {
  for (const Scope scope : {Scope::host, Scope::etc, Scope::fragment})
    if (name(scope) == text) return scope;
  return std::nullopt;
}

}  // namespace

void add_artifact_options(CLI::App& app, ArtifactOptions& options) {
  app.add_option("ARTIFACT", options.path,
                 "What to read: a directory, an archive (tar, cpio, zip; gz, bz2, xz, zst, lz4), a "
                 "repository, a "
                 "single file, or - for an archive on standard input.")
      ->required()
      ->type_name("ARTIFACT");
  app.add_option("--root", options.root,
                 "Take this directory inside the artifact as the root of the host.")
      ->type_name("PATH")
      ->group("Artifact");
  app.add_option("--scope", options.scope,
                 "How complete the host is: host (a whole root), etc (a whole /etc), fragment "
                 "(single files: only "
                 "what is written can be wrong). Found out by itself unless given.")
      ->type_name("SCOPE")
      ->check(CLI::IsMember({"host", "etc", "fragment"}))
      ->group("Artifact");
  app.add_option("--target-name", options.target_name,
                 "The host's name in reports; it is part of the identity of findings. Default: the "
                 "artifact's name "
                 "without extension.")
      ->type_name("NAME")
      ->group("Artifact");
}

Result<Artifact> open(const ArtifactOptions& options, Interest interest) {
  Progress progress("reading", !options.quiet);
  OpenOptions open_options;
  open_options.target_name = options.target_name;
  if (!options.root.empty()) open_options.root = normal_path(options.root);
  open_options.scope = scope_of(options.scope);
  open_options.interest = std::move(interest);
  open_options.progress = [&](uint64_t done, uint64_t total) { progress.update(done, total); };
  return open_artifact(options.path, open_options);
}

Result<Artifact> open(const ArtifactOptions& options, const TableNames& tables) {
  return open(options, facts::interest_for(tables));
}

Result<const Target*> one_target(const Artifact& artifact, const ArtifactOptions& options) {
  if (artifact.targets.size() == 1) return &artifact.targets.front();
  std::string prefixes;
  for (const Target& target : artifact.targets) {
    if (target.name == options.target_name) return &target;
    prefixes += (prefixes.empty() ? "" : ", ") +
                ("'" + (target.prefix.empty() ? "." : target.prefix) + "'");
  }
  return Error{"'" + artifact.path + "' holds several hosts",
               "choose one with --root: " + prefixes};
}

Result<std::unique_ptr<facts::Store>> new_store() {
  const std::vector<const facts::TableSpec*> tables = facts::all_tables();
  return facts::Store::create(tables);
}

void report_diagnostics(const std::vector<Diagnostic>& diagnostics, Level at_least) {
  for (const Diagnostic& diagnostic : diagnostics)
    if (diagnostic.level >= at_least) std::fputs(render(diagnostic).c_str(), stderr);
}

}  // namespace drydock::cli
