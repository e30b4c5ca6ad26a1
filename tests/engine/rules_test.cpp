// Every rule of the catalogue, as tests of its own: it loads, it keeps the style, its examples
// hold. Named so that a failure names the rule and the example:
// Rules/sysctl-ip-forward.example_2_fails.
#include "tests/engine/rules_test.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analyzer/engine/catalogue.h"
#include "analyzer/engine/examples.h"
#include "analyzer/engine/lint.h"
#include "analyzer/facts/collect.h"
#include "tests/paths.h"

namespace drydock::engine {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class RuleTest : public testing::Test {
 public:
  explicit RuleTest(std::function<std::string()> problem) : problem_(std::move(problem)) {}
  void TestBody() override {
    const std::string problem = problem_();
    if (!problem.empty()) ADD_FAILURE() << problem;
  }

 private:
  std::function<std::string()> problem_;
};

void add(const std::string& rule, const std::string& test, const std::string& file, int line,
         std::function<std::string()> problem) {
  testing::RegisterTest(
      ("Rules/" + rule).c_str(), test.c_str(), nullptr, nullptr, file.c_str(), line,
      [problem = std::move(problem)]() -> RuleTest* { return new RuleTest(problem); });
}

void add_rule(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  const std::string shown = std::filesystem::relative(path, test::source_dir()).string();
  const LoadedRule loaded = load_rule(text, shown);
  std::string mistakes;
  for (const Diagnostic& diagnostic : loaded.diagnostics) mistakes += render(diagnostic, text);
  add(path.stem().string(), "loads", path.string(), 1, [mistakes] { return mistakes; });
  if (!loaded.rule) return;
  add(loaded.rule->id, "keeps_the_style", path.string(), 1, [rule = loaded.rule, text] {
    const auto tables = facts::all_tables();
    std::string problems;
    for (const Diagnostic& diagnostic : lint(*rule, tables)) problems += render(diagnostic, text);
    return problems;
  });
  int number = 0;
  for (const Example& example : loaded.rule->examples) {
    ++number;
    std::string what = example.outcome == "pass"   ? "passes"
                       : example.outcome == "fail" ? "fails"
                                                   : example.outcome;
    std::ranges::replace(what, '-', '_');
    add(loaded.rule->id, "example_" + std::to_string(number) + "_" + what, path.string(),
        static_cast<int>(example.span.line),
        [rule = loaded.rule, example] { return run_example(rule, example); });
  }
}

}  // namespace

void register_rule_tests() {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path root = std::filesystem::path(test::source_dir()) / "rules";
  if (std::filesystem::exists(root))
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) add_rule(file);
  add("all", "agree_on_parameters", __FILE__, __LINE__, [] {
    std::string problems;
    for (const Diagnostic& diagnostic : lint_together(Catalogue::built_in().rules()))
      problems += render(diagnostic);
    return problems;
  });
}

}  // namespace drydock::engine
