// drydock rules: the catalogue, and the tools of those who write rules.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <set>

#include "analyzer/cli/benchmark_pages.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/packs.h"
#include "analyzer/cli/rule_pages.h"
#include "analyzer/cli/rule_work.h"
#include "analyzer/engine/selection.h"

namespace drydock::cli {
namespace {

struct ListOptions {
  std::vector<std::string> profiles, packs;
  std::string severity, topic, benchmark;
  std::string format = "text";
};

// An error that lists what there is, if `word` is given and none of `known`.
std::optional<Error> unknown(const std::string& what, const std::string& word,
                             const std::set<std::string>& known) {
  if (word.empty() || known.contains(word)) return std::nullopt;
  std::string all;
  for (const std::string& name : known) all += (all.empty() ? "one of " : ", ") + name;
  return Error{"there is no " + what + " '" + word + "'", all};
}

int run_list(const ListOptions& options) {
  const auto catalogue = load_catalogue(options.packs);
  if (!catalogue) return fail(catalogue.error());
  std::set<std::string> topics, benchmarks;
  for (const auto& rule : catalogue->rules()) {
    topics.insert(rule->topic);
    for (const auto& [benchmark, ids] : rule->references) benchmarks.insert(benchmark);
  }
  if (auto wrong = unknown("topic", options.topic, topics)) return fail(*wrong);
  if (auto wrong = unknown("benchmark", options.benchmark, benchmarks)) return fail(*wrong);
  engine::Selection selection;
  selection.profiles = options.profiles;
  if (options.profiles.empty()) selection.profiles = {"all"};
  selection.at_least = engine::severity_of(options.severity);
  auto rules = engine::select(*catalogue, selection);
  if (!rules) return fail(rules.error());
  std::erase_if(*rules, [&](const auto& rule) {
    return (!options.topic.empty() && rule->topic != options.topic) ||
           (!options.benchmark.empty() && !rule->references.contains(options.benchmark));
  });
  // A benchmark that is known by its numbers is shown whole, with what no rule can decide.
  const engine::Benchmark* benchmark = engine::find_benchmark(options.benchmark);
  const bool whole = options.profiles.empty() && options.severity.empty() && options.topic.empty();
  std::string text;
  if (benchmark != nullptr && whole && options.format == "text") {
    text = benchmark_as_text(*benchmark, *rules);
  } else if (benchmark != nullptr && whole && options.format == "md") {
    text = benchmark_as_markdown(*benchmark, *rules);
  } else if (options.format == "json") {
    text = rules_as_json(*rules);
  } else if (options.format == "md") {
    text = rules_as_markdown(*rules);
  } else if (options.format == "ids") {
    for (const auto& rule : *rules) text += rule->id + "\n";
  } else {
    text = rules_as_text(*rules);
  }
  const auto written = write_standard_output(text);
  return written ? kClean : fail(written.error());
}

}  // namespace

void add_rules(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* rules =
      app.add_subcommand("rules", "List the rules; test, check and start rules of your own.");
  rules->require_subcommand(0, 1);
  rules
      ->add_option("-f,--format", options->format,
                   "text (default), json, md (an index in Markdown), ids.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json", "md", "ids"}));
  rules->add_option("--profile", options->profiles, "Only rules of this profile; repeatable.")
      ->type_name("NAME")
      ->delimiter(',')
      ->allow_extra_args(false);
  rules->add_option("--severity", options->severity, "Only rules of this severity or above.")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"critical", "high", "medium", "low", "info"}));
  rules
      ->add_option("--topic", options->topic,
                   "Only rules of this topic: the directory they lie in.")
      ->type_name("TOPIC");
  rules
      ->add_option("--benchmark", options->benchmark,
                   "Only rules that refer to this benchmark. Alone with cis-docker: each of its "
                   "recommendations, the rules that decide it, and what no file can decide.")
      ->type_name("NAME");
  rules->add_option("--rules", options->packs, "Add the rules of a pack; repeatable.")
      ->type_name("DIR")
      ->allow_extra_args(false);
  rules->footer(
      "Examples:\n"
      "  drydock rules --benchmark cis-docker\n"
      "  drydock rules --severity high --benchmark cis-docker\n"
      "  drydock rules --format json | jq -r '.[].id'\n"
      "  drydock rules new sshd-permit-root --topic ssh && drydock rules test rules/ssh");
  commands.push_back({rules, [options] { return run_list(*options); }});

  auto directory = std::make_shared<std::string>();
  CLI::App* test =
      rules->add_subcommand("test", "Run the examples of rules: each must come out as it says.");
  test->add_option("DIR", *directory, "A directory of rules, or one rule file.")
      ->required()
      ->type_name("DIR");
  commands.push_back({test, [directory] { return test_rules(*directory); }});

  CLI::App* lint =
      rules->add_subcommand("lint", "Check the style of rules: what a reviewer would ask for.");
  lint->add_option("DIR", *directory, "A directory of rules, or one rule file.")
      ->required()
      ->type_name("DIR");
  commands.push_back({lint, [directory] { return lint_rules(*directory); }});

  auto id = std::make_shared<std::string>();
  auto topic = std::make_shared<std::string>();
  auto top = std::make_shared<std::string>("rules");
  CLI::App* scaffold =
      rules->add_subcommand("new", "Write the skeleton of a rule: rules/TOPIC/ID.yaml.");
  scaffold->add_option("ID", *id, "Its name: kebab-case, says what is wrong.")
      ->required()
      ->type_name("NEW-ID");
  scaffold
      ->add_option("--topic", *topic,
                   "The directory it goes to; default: the first word of the id.")
      ->type_name("TOPIC");
  scaffold->add_option("--dir", *top, "The directory of the rules; default: rules.")
      ->type_name("DIR");
  commands.push_back({scaffold, [id, topic, top] { return new_rule(*id, *topic, *top); }});
}

}  // namespace drydock::cli
