// drydock tables: what facts there are.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/table_pages.h"
#include "analyzer/engine/yaml.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

struct TablesOptions {
  std::string name;
  std::string format = "text";
};

int run_tables(const TablesOptions& options) {
  TableSpecs tables = facts::all_tables();
  if (!options.name.empty()) {
    std::vector<std::string> names;
    for (const facts::TableSpec* table : tables) names.emplace_back(table->name);
    std::erase_if(tables,
                  [&](const facts::TableSpec* table) { return table->name != options.name; });
    if (tables.empty()) {
      const std::string near = engine::yaml::nearest(options.name, names);
      return fail({"there is no table '" + options.name + "'",
                   near.empty() ? "'drydock tables' lists them" : "did you mean '" + near + "'?"});
    }
  }
  std::string text;
  if (options.format == "json")
    text = tables_as_json(tables);
  else if (options.format == "md")
    text = tables_as_markdown(tables);
  else
    text = options.name.empty() ? tables_as_text(tables) : table_as_text(*tables.front());
  const auto written = write_standard_output(text);
  return written ? kClean : fail(written.error());
}

}  // namespace

void add_tables(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<TablesOptions>();
  CLI::App* tables =
      app.add_subcommand("tables", "Describe the tables of facts that rules and queries read.");
  tables->add_option("NAME", options->name, "Show only this table, with its columns.")
      ->type_name("TABLE");
  tables->add_option("-f,--format", options->format, "text (default), json, or md (Markdown).")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "md"}));
  commands.push_back({tables, [options] { return run_tables(*options); }});
}

}  // namespace drydock::cli
