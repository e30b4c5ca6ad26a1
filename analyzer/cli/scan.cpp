// drydock scan: the command line of a scan, and where its reports go.
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <future>
#include <iterator>

#include "analyzer/cli/as_of.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/cli/packs.h"
#include "analyzer/cli/scanning.h"
#include "analyzer/cli/settings.h"
#include "analyzer/engine/selection.h"
#include "analyzer/report/report.h"

namespace drydock::cli {
namespace {

using Words = std::vector<std::string>;

struct ScanOptions {
  ArtifactOptions artifact;
  Words profiles, rules, packs, parameters;
  std::string severity, config, as_of;
  bool isolated = false;
  std::string fail_on;
  bool exit_zero = false, allow_incomplete = false;
  Words outputs, sarif_include;
  std::string category, max_level = "error";
  std::string format, colour = "auto";
  bool quiet = false, stats = false, show_settings = false;
};

struct Output {
  std::string format;
  std::string path;  // "-": standard output
};

const Words kFormats = {"text", "sarif", "json"};

// Text goes to standard output unless another report goes there or text goes elsewhere.
Result<std::vector<Output>> outputs(const ScanOptions& options) {
  std::vector<Output> out;
  if (!options.format.empty()) out.push_back({options.format, "-"});
  for (const std::string& argument : options.outputs) {
    const size_t equals = argument.find('=');
    Output output{argument.substr(0, equals),
                  equals == std::string::npos ? "-" : argument.substr(equals + 1)};
    if (std::ranges::find(kFormats, output.format) == kFormats.end())
      return Error{"there is no report format '" + output.format + "'",
                   "formats are text, sarif, json: --output sarif=FILE"};
    if (output.path.empty())
      return Error{"'--output " + argument + "' names no file", "'-' is standard output"};
    out.push_back(std::move(output));
  }
  const auto same = [](const Output& a, const Output& b) {
    namespace fs = std::filesystem;
    if (a.path == "-" || b.path == "-") return a.path == b.path;
    std::error_code ignored;
    const fs::path file = fs::weakly_canonical(fs::absolute(a.path, ignored), ignored);
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored))
      return false;  // /dev/null
    return file == fs::weakly_canonical(fs::absolute(b.path, ignored), ignored);
  };
  for (auto one = out.begin(); one != out.end(); ++one)
    if (std::find_if(out.begin(), one, [&](const Output& other) { return same(other, *one); }) !=
        one)
      return one->path == "-" ? Error{"two reports cannot share standard output",
                                      "give one of them a file: --output sarif=FILE"}
                              : Error{"two reports cannot share the file '" + one->path + "'",
                                      "give each a file of its own"};
  if (std::ranges::find(out, "-", &Output::path) == out.end() &&
      std::ranges::find(out, "text", &Output::format) == out.end())
    out.push_back({"text", "-"});
  return out;
}

std::string render(const engine::ScanResult& result, const Output& output,
                   const ScanOptions& options,
                   const std::shared_ptr<const report::SarifRules>& rules) {
  if (output.format == "sarif") {
    report::SarifOptions sarif;
    sarif.include.insert(options.sarif_include.begin(), options.sarif_include.end());
    sarif.category = options.category;
    sarif.max_level = options.max_level;
    sarif.rules = rules;
    return report::sarif(result, sarif);
  }
  if (output.format == "json") return report::json(result);
  report::TextOptions text;
  const bool to_terminal = output.path == "-";
  text.colour = to_terminal && want_colour(options.colour, STDOUT_FILENO);
  text.quiet = options.quiet;
  text.width = to_terminal ? std::clamp(terminal_width(text.width), 60, 120) : text.width;
  return report::text(result, text);
}

// The reports side by side, each as soon as it is ready: none shares its file with another. Returns what failed.
std::vector<Error> write_reports(const std::vector<Output>& outputs,
                                 const engine::ScanResult& result, const ScanOptions& options,
                                 const std::shared_ptr<const report::SarifRules>& rules) {
  const auto write = [&](const Output& output) {
    return write_output(output.path, render(result, output, options, rules));
  };
  std::vector<std::future<Result<void>>> others;
  for (size_t i = 1; i < outputs.size(); ++i)
    others.push_back(
        std::async(options.artifact.jobs == 1 ? std::launch::deferred : std::launch::async, write,
                   std::cref(outputs[i])));
  std::vector<Error> failed;
  if (const auto written = write(outputs.front()); !written) failed.push_back(written.error());
  for (auto& other : others)
    if (const auto written = other.get(); !written) failed.push_back(written.error());
  return failed;
}

void print_stats(const ScanCost& cost) {
  if (cost.read)
    std::fprintf(stderr, "image         %.1f MiB read in %llu reads\n",
                 static_cast<double>(cost.read->bytes) / (1 << 20),
                 static_cast<unsigned long long>(cost.read->reads));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::string tables;
  for (const std::string& table : cost.tables) tables += (tables.empty() ? "" : " ") + table;
  std::fprintf(stderr,
               "rules         %zu\nentries       %llu\ntables        %s\n"
               "prepare       %.1f ms (beside opening, unless --jobs 1)\nopen          %.1f "
               "ms\ncollect       %.1f ms\njudge         %.1f ms\n"
               "peak memory   %.1f MiB\n",
               cost.rules, static_cast<unsigned long long>(cost.entries), tables.c_str(),
               cost.plan_ms, cost.open_ms, cost.collect_ms, cost.judge_ms,
               static_cast<double>(usage.ru_maxrss) / 1024);
}

// An option given on the command line outranks the configuration file.
Result<ScanRequest> make_request(const ScanOptions& options, ConfigFile& file) {
  engine::Config& config = file.config;
  Words packs = config.rules;
  packs.insert(packs.end(), options.packs.begin(), options.packs.end());
  const auto catalogue = load_catalogue(packs);
  if (!catalogue) return catalogue.error();
  const std::vector<Diagnostic> mistakes = engine::check_config(config, *catalogue, file.path);
  report_diagnostics(mistakes);
  if (!mistakes.empty())
    return Error{"the configuration '" + file.path + "' has mistakes",
                 "--isolated scans without it"};

  engine::Selection selection;
  selection.profiles = options.profiles.empty() ? config.profiles : options.profiles;
  selection.rules = options.rules;
  if (options.rules.empty()) selection.disabled = config.disable;  // who names a rule wants it
  selection.at_least =
      options.severity.empty() ? config.severity : engine::severity_of(options.severity);
  auto rules = engine::select(*catalogue, selection);
  if (!rules) return rules.error();
  auto values = parameters(*catalogue, options.parameters);
  if (!values) return values.error();

  ScanRequest request;
  request.artifact = options.artifact;
  request.artifact.quiet = options.quiet;
  if (request.artifact.target_name.empty()) request.artifact.target_name = config.target_name;
  request.rules = std::move(*rules);
  request.parameters = std::move(*values);
  request.parameters.merge(config.parameters);  // keeps what is there
  request.profiles = selection.profiles.empty() ? engine::default_profiles() : selection.profiles;
  request.fail_on = options.fail_on.empty() ? config.fail_on.value_or("high") : options.fail_on;
  request.exit_zero = options.exit_zero;
  request.allow_incomplete = options.allow_incomplete;
  if (const auto set = set_as_of(request, options.as_of); !set) return set.error();
  return request;
}

// What is in force once the command line, the environment and the configuration file have spoken, in the words of
// .drydock.yaml.
std::string show_settings(const ScanRequest& request, std::optional<engine::Severity> severity,
                          const std::string& config) {
  const auto list = [](const Words& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
    return "[" + out + "]";
  };
  std::string out = "# configuration: " + (config.empty() ? "none" : config) +
                    "\n# rules in force: " + std::to_string(request.rules.size()) +
                    "\nprofiles: " + list(request.profiles) + "\nfail-on: " + request.fail_on +
                    "\n";
  if (severity) out += "severity: " + std::string(engine::name(*severity)) + "\n";
  if (!request.artifact.target_name.empty())
    out += "target-name: " + request.artifact.target_name + "\n";
  if (!request.parameters.empty()) out += "parameters:\n";
  for (const auto& [name, values] : request.parameters)
    out += "  " + name + ": " + list(values) + "\n";
  return out;
}

int run_scan(ScanOptions& options) {
  const auto reports = outputs(options);
  if (!reports) return fail(reports.error());
  if (!options.show_settings) begin(options.artifact);  // while the rules are made ready

  auto file = load_config(options.config, options.isolated, options.artifact.path);
  if (!file) return fail(file.error());
  auto request = make_request(options, *file);
  if (!request) return fail(request.error());

  if (options.show_settings) {
    const auto written = write_standard_output(show_settings(
        *request,
        options.severity.empty() ? file->config.severity : engine::severity_of(options.severity),
        file->path));
    return written ? kClean : fail(written.error());
  }
  std::future<std::shared_ptr<const report::SarifRules>> sarif_rules;
  if (std::ranges::find(*reports, "sarif", &Output::format) != reports->end())
    sarif_rules =
        std::async(options.artifact.jobs == 1 ? std::launch::deferred : std::launch::async,
                   [&] { return report::prepare_sarif(request->rules, options.max_level); });
  ScanCost cost;
  const auto result = scan(*request, cost);
  if (!result) return fail(result.error());
  std::shared_ptr<const report::SarifRules> prepared;
  if (sarif_rules.valid()) prepared = sarif_rules.get();

  int code = result->exit_code;
  for (const Error& error : write_reports(*reports, *result, options, prepared)) code = fail(error);
  if (options.stats) print_stats(cost);
  return code;
}

}  // namespace

void add_scan(CLI::App& app, Commands& commands) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* scan =
      app.add_subcommand("scan", "Judge the hosts in an artifact and report what weakens them.");
  add_artifact_options(*scan, options->artifact);
  add_osv_option(*scan, options->artifact);

  const auto repeatable = [](CLI::Option* option) { return option->allow_extra_args(false); };
  const std::string rules = "Rules";
  repeatable(
      scan->add_option(
          "--profile", options->profiles,
          "Run the rules of this profile; repeatable. all: every rule. Default: base, server, "
          "container-host, cis-docker."))
      ->type_name("NAME")
      ->delimiter(',')
      ->group(rules)
      ->envname("DRYDOCK_PROFILE");
  repeatable(scan->add_option("--rule", options->rules,
                              "Run only this rule, of whatever profile; a glob; repeatable."))
      ->type_name("ID")
      ->delimiter(',')
      ->group(rules);
  scan->add_option("--severity", options->severity, "Run only rules of this severity or above.")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"critical", "high", "medium", "low", "info"}))
      ->group(rules)
      ->envname("DRYDOCK_SEVERITY");
  repeatable(scan->add_option("--rules", options->packs, "Add the rules of a pack; repeatable."))
      ->type_name("DIR")
      ->group(rules);
  repeatable(
      scan->add_option(
          "--param", options->parameters,
          "Set a parameter of rules, for example trusted-docker-users=root,deploy; repeatable."))
      ->type_name("NAME=VALUE")
      ->group(rules);

  scan->add_option(
          "--as-of", options->as_of,
          "Judge what ages (support that ends) for this day, as 2026-11-22. Default: "
          "SOURCE_DATE_EPOCH, else today; give it where reports must not change by themselves.")
      ->type_name("DATE")
      ->group(rules)
      ->envname("DRYDOCK_AS_OF");
  scan->add_option("--config", options->config,
                   "Read this configuration instead of looking for .drydock.yaml upward from here.")
      ->type_name("FILE")
      ->group(rules);
  scan->add_flag("--isolated", options->isolated, "Read no configuration.")->group(rules);

  scan->add_flag("--show-settings", options->show_settings,
                 "Print the settings in force, as a configuration, and leave.")
      ->group(rules);

  const std::string reports = "Reports";
  repeatable(
      scan->add_option(
          "-o,--output", options->outputs,
          "Write a report: text, sarif or json; repeatable. FILE is written whole or not at all; - "
          "is standard output. Text goes to standard output unless something else does."))
      ->type_name("FORMAT=FILE")
      ->group(reports);
  scan->add_option("-f,--format", options->format, "Short for --output FORMAT=-.")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(kFormats))
      ->group(reports)
      ->envname("DRYDOCK_FORMAT");
  repeatable(
      scan->add_option(
          "--sarif-include", options->sarif_include,
          "Write these outcomes into SARIF too, for an audit; code scanning shows them as alerts: "
          "pass, not-applicable, unknown, and review: what rules list for somebody to judge."))
      ->type_name("OUTCOME")
      ->delimiter(',')
      ->check(CLI::IsMember({"pass", "not-applicable", "unknown", "review"}))
      ->transform([](const std::string& word) {  // SARIF's own word for it is understood, too
        return word == "notApplicable" ? std::string("not-applicable") : word;
      })
      ->group(reports);
  scan->add_option(
          "--category", options->category,
          "The category of the analysis in SARIF (automationDetails.id): services keep the "
          "results of each category apart. Several hosts add their names.")
      ->type_name("NAME")
      ->group(reports);
  scan->add_option("--sarif-max-level", options->max_level,
                   "Show no finding in SARIF as graver than this: error (default), warning, note. "
                   "Code scanning fails a pull request on errors, whatever the exit code says.")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"error", "warning", "note"}))
      ->group(reports);
  scan->add_option("--color", options->colour,
                   "Colour in text: auto (on a terminal, unless NO_COLOR is set), always, never.")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group(reports)
      ->envname("DRYDOCK_COLOR");
  scan->add_flag("-q,--quiet", options->quiet, "Findings and the summary only; no progress.")
      ->group(reports);
  scan->add_flag("--stats", options->stats, "Say on standard error what the scan cost.")
      ->group(reports);

  const std::string exit_code = "Exit code";
  scan->add_option("--fail-on", options->fail_on,
                   "Exit with 1 when there are findings of this severity or above: critical, high "
                   "(default), medium, "
                   "low, info, none.")
      ->type_name("SEVERITY")
      ->check(CLI::IsMember({"critical", "high", "medium", "low", "info", "none"}))
      ->group(exit_code)
      ->envname("DRYDOCK_FAIL_ON");
  scan->add_flag("--exit-zero", options->exit_zero, "Exit with 0 whatever was found.")
      ->group(exit_code);
  scan->add_flag("--allow-incomplete", options->allow_incomplete,
                 "Do not exit with 3 when something could not be read.")
      ->group(exit_code);

  scan->footer(
      "Exit codes: 0 nothing at or above --fail-on; 1 findings at or above it; 2 usage, "
      "configuration or I/O\n"
      "error; 3 something could not be read and what could has no such findings.\n"
      "\n"
      "Examples:\n"
      "  drydock scan host.tar.zst\n"
      "  drydock scan /srv/rootfs --profile cis-docker --severity high\n"
      "  tar -C / -c etc | drydock scan - --target-name web-1\n"
      "  drydock scan . -o sarif=drydock.sarif -o json=drydock.json --fail-on medium\n"
      "  drydock scan host.tar --rule 'docker-*' --param trusted-docker-users=root,deploy");
  commands.push_back({scan, [options] { return run_scan(*options); }});
}

}  // namespace drydock::cli
