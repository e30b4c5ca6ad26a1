#include "analyzer/cli/rule_work.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "analyzer/base/diagnostic.h"
#include "analyzer/cli/command.h"
#include "analyzer/cli/output.h"
#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/examples.h"
#include "analyzer/engine/lint.h"
#include "analyzer/facts/collect.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;

using engine::RuleFile;

// The rule files in a directory and below; or the one file.
Result<std::vector<RuleFile>> rule_files(const std::string& path) {
  std::error_code error;
  Result<std::vector<RuleFile>> files = std::vector<RuleFile>{};
  if (fs::is_regular_file(path, error)) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    files->push_back({path, text, engine::load_rule(text, path)});
  } else {
    files = engine::load_directory(path);
  }
  if (files && files->empty())
    return Error{"there are no rules in '" + path + "'",
                 "a rule is a file ID.yaml; 'drydock rules new ID' writes one"};
  return files;
}

std::string counted(size_t number, const std::string& word) {
  return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
}

void say(const RuleFile& file, const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics)
    std::fputs(render(diagnostic, file.text).c_str(), stderr);
}

bool is_id(std::string_view id) {
  if (id.empty() || id.front() == '-' || id.back() == '-') return false;
  return std::ranges::all_of(
      id, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace

int test_rules(const std::string& path) {
  const auto files = rule_files(path);
  if (!files) return fail(files.error());
  size_t rules = 0, examples = 0, failed = 0;
  for (const RuleFile& file : *files) {
    const engine::LoadedRule& loaded = file.loaded;
    say(file, loaded.diagnostics);
    if (!loaded.rule) {
      ++failed;
      continue;
    }
    ++rules;
    for (const engine::Example& example : loaded.rule->examples) {
      ++examples;
      const std::string wrong = engine::run_example(loaded.rule, example);
      if (wrong.empty()) continue;
      ++failed;
      say(file, {Diagnostic{Level::error,
                            DiagnosticKind::configuration,
                            file.path,
                            example.span,
                            "this example does not hold: " + wrong,
                            {}}});
    }
  }
  const auto written =
      write_standard_output(counted(rules, "rule") + ", " + counted(examples, "example") + ", " +
                            std::to_string(failed) + " failed\n");
  if (!written) return fail(written.error());
  return failed == 0 ? kClean : kFindings;
}

int lint_rules(const std::string& path) {
  const auto files = rule_files(path);
  if (!files) return fail(files.error());
  const std::vector<const facts::TableSpec*> tables = facts::all_tables();
  size_t mistakes = 0;
  std::vector<std::shared_ptr<const engine::Rule>> sound;
  for (const RuleFile& file : *files) {
    std::vector<Diagnostic> said = file.loaded.diagnostics;
    if (file.loaded.rule) {
      sound.push_back(file.loaded.rule);
      const std::vector<Diagnostic> style = engine::lint(*file.loaded.rule, tables);
      said.insert(said.end(), style.begin(), style.end());
    }
    mistakes += said.size();
    say(file, said);
  }
  const std::vector<Diagnostic> together = engine::lint_together(sound);
  mistakes += together.size();
  for (const Diagnostic& diagnostic : together) std::fputs(render(diagnostic).c_str(), stderr);
  const auto written = write_standard_output(counted(files->size(), "rule") + ", " +
                                             counted(mistakes, "mistake") + "\n");
  if (!written) return fail(written.error());
  return mistakes == 0 ? kClean : kFindings;
}

int new_rule(const std::string& id, const std::string& topic, const std::string& directory) {
  if (!is_id(id))
    return fail({"'" + id + "' is no name for a rule",
                 "lower-case words joined by hyphens: sshd-root-login-permitted"});
  if (!topic.empty() && !is_id(topic))
    return fail({"'" + topic + "' is no name for a topic",
                 "lower-case words joined by hyphens, without directories: ssh"});
  if (engine::Catalogue::built_in().find(id))
    return fail({"there is a rule '" + id + "' already", "'drydock explain " + id + "' shows it"});
  const fs::path folder =
      fs::path(directory) / (topic.empty() ? id.substr(0, id.find('-')) : topic);
  const fs::path path = folder / (id + ".yaml");
  std::error_code error;
  if (fs::exists(path, error))
    return fail({"'" + path.string() + "' exists", "choose another name, or edit it"});
  fs::create_directories(folder, error);
  if (error) return fail({"'" + folder.string() + "' cannot be made: " + error.message(), ""});
  if (const auto written = write_file(path.string(), engine::scaffold(id)); !written)
    return fail(written.error());
  const auto said = write_standard_output(path.string() + "\n");
  return said ? kClean : fail(said.error());
}

}  // namespace drydock::cli
