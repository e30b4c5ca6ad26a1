// drydock query: SQL on the facts of an artifact.
#include <CLI/CLI.hpp>
#include <optional>

#include "analyzer/cli/command.h"
#include "analyzer/cli/opening.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/rows.h"
#include "analyzer/cli/shell.h"
#include "analyzer/engine/functions.h"
#include "analyzer/facts/ask.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

struct QueryOptions {
  ArtifactOptions artifact;
  std::optional<std::string> sql;  // absent: the shell
  std::string format = "table";
};

int run_query(const QueryOptions& options) {
  if (options.sql && options.sql->find_first_not_of(" \t\r\n;") == std::string::npos)
    return fail({"the SQL is empty", "leave it out for the shell, or ask: 'SELECT * FROM sysctl'"});
  auto store = new_store();
  if (!store) return fail(store.error());
  if (const auto added = engine::add_text_functions((*store)->handle()); !added)
    return fail(added.error());
  TableNames tables;  // empty: all, for the shell
  if (options.sql) {
    auto read = facts::tables_read(**store, *options.sql);
    if (!read)
      return fail({read.error().message, read.error().help.empty()
                                             ? "'drydock tables' describes the tables"
                                             : read.error().help});
    tables = std::move(*read);
  }
  const auto artifact = open(options.artifact, tables);
  if (!artifact) return fail(artifact.error());
  report_diagnostics(artifact->diagnostics);
  const auto target = one_target(*artifact, options.artifact);
  if (!target) return fail(target.error());
  std::vector<Diagnostic> said =
      facts::collect(**target, **store, tables, osv_feed(options.artifact));
  report_diagnostics(said);

  if (!options.sql) return run_shell(**store, options.format);
  const auto answer = (*store)->select(*options.sql);
  if (!answer) return fail(answer.error());
  const auto written = write_standard_output(render_rows(*answer, options.format));
  if (!written) return fail(written.error());
  // What the query met when it looked at files.
  const auto first = static_cast<std::ptrdiff_t>(said.size());
  facts::say_unread(*(*target)->tree, said);
  report_diagnostics({said.begin() + first, said.end()});
  return artifact->complete && (*target)->tree->unread().empty() ? kClean : kIncomplete;
}

}  // namespace

void add_query(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<QueryOptions>();
  CLI::App* query = app.add_subcommand(
      "query", "Ask the facts of an artifact in SQL; without SQL, in a shell with history.");
  add_artifact_options(*query, options->artifact);
  add_osv_option(*query, options->artifact);
  query
      ->add_option("SQL", options->sql,
                   "One SELECT over the tables that 'drydock tables' describes.")
      ->type_name("SQL");
  query->add_option("-f,--format", options->format, "table (default), json or csv.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  query->footer(
      "Places are shown as path:line:column. Facts are read-only. Besides SQLite's functions there "
      "are\n"
      "those of rules: X REGEXP 're', octal(mode), mode('0640'), basename(path), parent(path),\n"
      "under(path, directory), has_word(text, word).\n"
      "\n"
      "Examples:\n"
      "  drydock query host.tar \"SELECT key, value, loc FROM sysctl WHERE key LIKE 'net.%'\"\n"
      "  drydock query host.tar 'SELECT path, mode_text FROM file WHERE mode & 2048' --format csv\n"
      "  drydock query host.tar");
  commands.push_back({query, [options] { return run_query(*options); }});
}

}  // namespace drydock::cli
