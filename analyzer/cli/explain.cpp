// drydock explain: what a rule is about, why, and how to fix what it finds.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/packs.h"
#include "analyzer/cli/rule_pages.h"

namespace drydock::cli {
namespace {

struct ExplainOptions {
  std::string id;
  std::vector<std::string> packs;
  std::string format = "text";
  std::string colour = "auto";
};

int run_explain(const ExplainOptions& options) {
  const auto catalogue = load_catalogue(options.packs);
  if (!catalogue) return fail(catalogue.error());
  const auto rule = catalogue->find(options.id);
  if (!rule) return fail(no_such_rule(*catalogue, options.id));
  engine::Rule described = *rule;
  if (described.examples.empty())
    described.examples = engine::Catalogue::built_in_examples(rule->id);
  PageStyle style;
  style.colour = want_colour(options.colour, STDOUT_FILENO);
  style.width = static_cast<size_t>(std::clamp(terminal_width(100), 60, 100));
  const auto written = write_standard_output(
      options.format == "md" ? rule_as_markdown(described) : rule_as_text(described, style));
  return written ? kClean : fail(written.error());
}

}  // namespace

void add_explain(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* explain = app.add_subcommand(
      "explain", "Explain a rule: what is wrong, why it matters, how to fix it.");
  explain->add_option("ID", options->id, "The rule; 'drydock rules' lists them.")
      ->required()
      ->type_name("ID");
  explain->add_option("--rules", options->packs, "Add the rules of a pack; repeatable.")
      ->type_name("DIR")
      ->allow_extra_args(false);
  explain->add_option("-f,--format", options->format, "text (default) or md (Markdown).")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "md"}));
  explain->add_option("--color", options->colour, "auto (default), always, never.")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  commands.push_back({explain, [options] { return run_explain(*options); }});
}

}  // namespace drydock::cli
