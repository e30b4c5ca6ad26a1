// drydock dump: all facts of an artifact as a SQLite file.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "analyzer/cli/command.h"
#include "analyzer/cli/opening.h"
#include "analyzer/facts/ask.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

struct DumpOptions {
  ArtifactOptions artifact;
  std::string output;
};

int run_dump(const DumpOptions& options) {
  if (options.output.empty() || options.output == "-")
    return fail({"a SQLite database cannot be written to standard output",
                 "name a file: --output facts.sqlite"});
  auto store = new_store();
  if (!store) return fail(store.error());
  const auto artifact = open(options.artifact, TableNames{});
  if (!artifact) return fail(artifact.error());
  report_diagnostics(artifact->diagnostics);
  const auto target = one_target(*artifact, options.artifact);
  if (!target) return fail(target.error());
  report_diagnostics(facts::collect(**target, **store, {}, osv_feed(options.artifact)));

  // Whole or not at all: written beside its place, then moved there.
  const std::string temporary = options.output + "." + std::to_string(getpid()) + ".tmp";
  std::error_code error;
  const auto dumped = facts::dump(**store, temporary);
  if (dumped) std::filesystem::rename(temporary, options.output, error);
  if (dumped && !error)
    return artifact->complete && (*target)->tree->unread().empty() ? kClean : kIncomplete;
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  if (!dumped) return fail(dumped.error());
  return fail({"'" + options.output + "' cannot be written: " + error.message(), ""});
}

}  // namespace

void add_dump(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<DumpOptions>();
  CLI::App* dump =
      app.add_subcommand("dump", "Write all facts of an artifact to a SQLite database.");
  add_artifact_options(*dump, options->artifact);
  add_osv_option(*dump, options->artifact);
  dump->add_option("-o,--output", options->output,
                   "The file to write; it is replaced if it is there.")
      ->required()
      ->type_name("FILE");
  dump->footer(
      "Places are ids of the table location.\n"
      "\n"
      "Example:\n"
      "  drydock dump host.tar -o facts.sqlite && sqlite3 facts.sqlite .tables");
  commands.push_back({dump, [options] { return run_dump(*options); }});
}

}  // namespace drydock::cli
