#include "analyzer/engine/catalogue.h"

#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analyzer/engine/codec.h"
#include "analyzer/engine/config.h"
#include "analyzer/engine/evaluate.h"
#include "analyzer/engine/lint.h"
#include "analyzer/engine/selection.h"
#include "analyzer/facts/collect.h"
#include "tests/engine/judge.h"
#include "tests/paths.h"

namespace drydock::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const Rule> a_rule(std::string id, std::vector<std::string> profiles = {"base"},
                                   Severity severity = Severity::medium) {
  auto rule = std::make_shared<Rule>();
  rule->id = std::move(id);
  rule->profiles = std::move(profiles);
  rule->severity = severity;
  return rule;
}

// The tables the compiled catalogue says it needs are those that preparing it shows.
TEST(CatalogueTest, KnowsTheTablesOfItsRules) {
  const Catalogue built_in = Catalogue::built_in();
  const auto tables = facts::all_tables();
  const auto store = facts::Store::create(tables);
  ASSERT_TRUE(store);
  std::vector<Diagnostic> none;
  const Plan plan(built_in.rules(), **store, none);
  EXPECT_EQ(tables_known_before(built_in.rules()), plan.tables());
  // A rule of a pack must be prepared first.
  EXPECT_EQ(tables_known_before({a_rule("r")}), std::nullopt);
}

// Asking what could not be parsed of one table is no wish for all facts.
TEST(CatalogueTest, ParseIssuesOfATableNeedThatTable) {
  const auto tables_of = [](const std::string& sql) {
    auto rule = std::make_shared<Rule>();
    rule->id = "r";
    rule->check = Query{.sql = sql, .edit = {}};
    const auto tables = facts::all_tables();
    const auto store = facts::Store::create(tables);
    std::vector<Diagnostic> mistakes;
    const Plan plan({rule}, **store, mistakes);
    EXPECT_TRUE(mistakes.empty());
    return plan.tables();
  };
  EXPECT_THAT(tables_of("SELECT loc FROM parse_issue WHERE table_name = 'sshd'"),
              ElementsAre("sshd"));
  EXPECT_THAT(tables_of("SELECT loc FROM parse_issue"), ElementsAre("parse_issue"));
}

TEST(CatalogueTest, HasTheRulesOfTheSourceTree) {
  const auto files = load_directory(test::source_dir() + "/rules");
  ASSERT_TRUE(files);
  const Catalogue built_in = Catalogue::built_in();
  ASSERT_EQ(built_in.rules().size(), files->size());
  for (const RuleFile& file : *files) {
    ASSERT_TRUE(file.loaded.rule);
    const Rule& written = *file.loaded.rule;
    const auto compiled = built_in.find(written.id);
    ASSERT_TRUE(compiled) << written.id;
    auto as_written = std::make_shared<Rule>(*compiled);
    as_written->tables.clear();  // known from preparing it: see above
    EXPECT_EQ(encode_rules({as_written}).size() + file.path.size() - compiled->source_path.size(),
              encode_rules({file.loaded.rule}).size());
    EXPECT_EQ(compiled->why, written.why);
    EXPECT_EQ(compiled->message, written.message);
    EXPECT_EQ(compiled->references, written.references);
    EXPECT_TRUE(compiled->examples.empty());
    const std::vector<Example> examples = Catalogue::built_in_examples(written.id);
    ASSERT_EQ(examples.size(), written.examples.size());
    for (size_t i = 0; i < examples.size(); ++i) EXPECT_EQ(examples[i].at, written.examples[i].at);
  }
  EXPECT_TRUE(Catalogue::built_in_examples("no-such-rule").empty());
}

TEST(CodecTest, TakesBrokenBytesWithoutHarm) {
  const auto loaded = load_rule(scaffold("kernel-x"), "rules/t/kernel-x.yaml");
  const std::string bytes = encode_rules({loaded.rule});
  for (size_t size = 0; size < bytes.size(); ++size)
    decode_rules(std::string_view(bytes).substr(0, size));
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(0xFF);
    decode_rules(broken);
    decode_examples(broken, "kernel-x");
  }
}

TEST(CatalogueTest, KeepsFormerIdsFromBeingReused) {
  Catalogue catalogue;
  auto rule = std::make_shared<Rule>();
  rule->id = "new-id";
  rule->deprecated_ids = {"old-id"};
  EXPECT_TRUE(catalogue.add(rule));
  EXPECT_EQ(catalogue.find("old-id"), rule);
  EXPECT_FALSE(catalogue.add(a_rule("old-id")));
  EXPECT_FALSE(catalogue.add(a_rule("new-id")));
  EXPECT_TRUE(catalogue.add(a_rule("a-id")));
  EXPECT_EQ(catalogue.rules().front()->id, "a-id");
  EXPECT_EQ(catalogue.find("nothing"), nullptr);
}

class PackTest : public testing::Test {
 protected:
  PackTest() : directory_(testing::TempDir() + "drydock-pack-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(directory_ + "/topic");
  }
  ~PackTest() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }
  std::string add(Catalogue& catalogue) {
    std::string out;
    for (Diagnostic diagnostic : catalogue.add_pack(directory_)) {
      if (diagnostic.path.starts_with(directory_))
        diagnostic.path = "PACK" + diagnostic.path.substr(directory_.size());
      out += render(diagnostic);
    }
    return out;
  }
  std::string directory_;
};

TEST_F(PackTest, AddsItsRules) {
  write("pack.yaml", "name: mine\nversion: 1.2\nengine: 0.1.0\n");
  write("topic/kernel-x.yaml", scaffold("kernel-x"));
  write("topic/README.md", "no rule");
  Catalogue catalogue;
  EXPECT_EQ(add(catalogue), "");
  ASSERT_EQ(catalogue.rules().size(), 1u);
  EXPECT_EQ(catalogue.rules().front()->topic, "topic");
}

TEST_F(PackTest, TellsItsMistakesAndTakesTheRest) {
  write("topic/a.yaml", scaffold("kernel-x"));
  write("topic/b.yaml", "id: b\n");
  write("topic/c.yaml", scaffold("kernel-x"));
  Catalogue catalogue;
  const std::string out = add(catalogue);
  EXPECT_THAT(out, HasSubstr("error: 'PACK/pack.yaml': a pack of rules needs this file"));
  EXPECT_THAT(out, HasSubstr("error: 'PACK/topic/b.yaml' line 1: a rule needs the key 'title'"));
  EXPECT_THAT(
      out,
      HasSubstr(
          "error: 'PACK/topic/c.yaml': the id 'kernel-x' (or one of its deprecated ids) belongs to "
          "another rule"));
  EXPECT_EQ(catalogue.rules().size(), 1u);
}

TEST_F(PackTest, MayNeedAnotherDrydock) {
  write("pack.yaml", "name: mine\nversion: 1\nengine: 99.0\n");
  write("topic/kernel-x.yaml", scaffold("kernel-x"));
  Catalogue catalogue;
  EXPECT_THAT(add(catalogue), HasSubstr("line 3: the pack needs drydock 99.0, this is "));
  EXPECT_TRUE(catalogue.rules().empty());
}

// --- selection ---

std::string selected(const Selection& selection) {
  Catalogue catalogue;
  catalogue.add(a_rule("a-base", {"base"}, Severity::high));
  catalogue.add(a_rule("a-server", {"server"}, Severity::low));
  catalogue.add(a_rule("b-docker", {"cis-docker", "container-host"}, Severity::critical));
  catalogue.add(a_rule("b-own", {"own"}));
  const auto rules = select(catalogue, selection);
  if (!rules) return "error: " + rules.error().message + " (" + rules.error().help + ")";
  std::string out;
  for (const auto& rule : *rules) out += (out.empty() ? "" : " ") + rule->id;
  return out;
}

TEST(SelectionTest, GoesByProfileRuleAndSeverity) {
  EXPECT_EQ(selected({}), "a-base a-server b-docker");
  EXPECT_EQ(selected({.profiles = {"all"}}), "a-base a-server b-docker b-own");
  EXPECT_EQ(selected({.profiles = {"own", "server"}}), "a-server b-own");
  EXPECT_EQ(selected({.rules = {"b-*"}}), "b-docker b-own");
  EXPECT_EQ(selected({.rules = {"b-own", "a-?ase"}}), "a-base b-own");
  EXPECT_EQ(selected({.disabled = {"a-*"}}), "b-docker");
  EXPECT_EQ(selected({.at_least = Severity::high}), "a-base b-docker");
}

TEST(SelectionTest, TellsWhatWasMeant) {
  EXPECT_EQ(selected({.profiles = {"bsae"}}),
            "error: there is no profile 'bsae' (did you mean 'base'?)");
  EXPECT_EQ(selected({.profiles = {"nowhere"}}),
            "error: there is no profile 'nowhere' (one of all, base, cis-docker, container-host, "
            "own, server)");
  EXPECT_EQ(selected({.rules = {"b-dokcer"}}),
            "error: there is no rule 'b-dokcer' (did you mean 'b-docker'?)");
  EXPECT_EQ(selected({.disabled = {"zzz-*"}}),
            "error: there is no rule 'zzz-*' (drydock rules lists them)");
}

// --- .drydock.yaml ---

TEST(ConfigTest, ReadsEveryKey) {
  const auto [config, diagnostics] = load_config(
      "profiles: [base]\nparameters: {names: [a, b], limit: 3}\ndisable: [x, 'y-*']\nseverity: "
      "low\nfail-on: none\n"
      "rules: [packs/a]\ntarget-name: web\n",
      ".drydock.yaml");
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_THAT(config.profiles, ElementsAre("base"));
  EXPECT_THAT(config.parameters.at("names"), ElementsAre("a", "b"));
  EXPECT_THAT(config.parameters.at("limit"), ElementsAre("3"));
  EXPECT_THAT(config.disable, ElementsAre("x", "y-*"));
  EXPECT_EQ(config.severity, Severity::low);
  EXPECT_EQ(config.fail_on, "none");
  EXPECT_THAT(config.rules, ElementsAre("packs/a"));
  EXPECT_EQ(config.target_name, "web");
  EXPECT_TRUE(load_config("# nothing yet\n", ".drydock.yaml").diagnostics.empty());
}

TEST(ConfigTest, TellsMistakesAtTheirPlace) {
  const std::string text = "profile: base\nfail-on: sometimes\nseverity: x\nparameters: [a]\n";
  std::string out;
  for (const Diagnostic& diagnostic : load_config(text, ".drydock.yaml").diagnostics)
    out += render(diagnostic);
  EXPECT_THAT(out, HasSubstr("'.drydock.yaml' line 3: there is no severity 'x'"));
  EXPECT_THAT(out, HasSubstr("'.drydock.yaml' line 2: 'sometimes' is neither a severity nor none"));
  EXPECT_THAT(out, HasSubstr("'.drydock.yaml' line 4: 'parameters' must be a mapping"));
  EXPECT_THAT(out, HasSubstr("'.drydock.yaml' line 1: the configuration has no key 'profile'"));
}

TEST(ConfigTest, KnowsTheParametersOfTheRules) {
  Catalogue catalogue;
  auto rule = std::make_shared<Rule>();
  rule->id = "r";
  rule->parameters = {{"max-tries", {"4"}, false, "d"}, {"names", {"a"}, true, "d"}};
  catalogue.add(rule);
  const auto loaded =
      load_config("parameters:\n  max-trys: 3\n  max-tries: [1, 2]\n  names: x\n", "c");
  std::string out;
  for (const Diagnostic& diagnostic : check_config(loaded.config, catalogue, "c"))
    out += render(diagnostic);
  EXPECT_EQ(out,
            "error: 'c' line 3: the parameter 'max-tries' is one value, not a list\n"
            "error: 'c' line 2: no rule has a parameter 'max-trys'\n"
            "  help: did you mean 'max-tries'?\n");
}

// --- style ---

// What lint says about the scaffold after some replacements: the names of the checks.
using Changes = std::vector<std::pair<std::string, std::string>>;
std::string linted(const Changes& changes, std::string_view path = "rules/t/kernel-x.yaml") {
  std::string text = scaffold("kernel-x");
  for (const auto& [from, to] : changes) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  const auto loaded = load_rule(text, path);
  if (!loaded.rule) return render(loaded.diagnostics.front(), text);
  const std::vector<const facts::TableSpec*> tables = facts::all_tables();
  std::string out;
  for (const Diagnostic& diagnostic : lint(*loaded.rule, tables))
    out += (out.empty() ? "" : " ") + diagnostic.message.substr(0, diagnostic.message.find(':'));
  return out;
}

std::string linted_query(const std::string& sql) {
  const std::string text = scaffold("kernel-x");
  const size_t begin = text.find("expect:");
  return linted({{text.substr(begin, text.find("message:") - begin), "query: " + sql + "\n"}});
}

TEST(LintTest, EachCheckFindsItsOwn) {
  const std::string unknown = "  - outcome: unknown\n    files: {";
  const std::string at = "    at: etc/sysctl.d/50-example.conf:1:1\n";
  const std::string message = "{key} is {value}; wanted 1, since ...";
  EXPECT_EQ(linted({}), "");
  EXPECT_EQ(linted({}, "rules/t/other.yaml"), "id-is-file-name");
  EXPECT_EQ(linted({{"  - fails: {", unknown}, {at, ""}}), "has-failing-example");
  EXPECT_EQ(linted({{"  - passes: {", unknown}}), "has-passing-example");
  EXPECT_EQ(linted({{at, ""}}), "failing-example-has-at");
  EXPECT_EQ(linted({{"etc/hostname: \"box", "etc/sysctl.conf: \"kernel.example = 1"}}),
            "has-absent-example");
  EXPECT_EQ(linted({{message, "It is wrong; wanted 1."}}), "message-names-found");
  EXPECT_EQ(linted({{message, "{key} is {value}."}}), "message-names-wanted");
  EXPECT_EQ(linted({{message, "{key} is {value}; wanted 1"}}), "message-is-a-sentence");
  EXPECT_EQ(linted({{"in one line", "in one line."}}), "title-is-short");
  EXPECT_EQ(linted({{"Which attack works", "The CIS asks for it. Which attack works"}}),
            "why-names-the-loss");
  EXPECT_EQ(linted({{", e.g. `kernel.example = 1` in /etc/sysctl.d/60-example.conf", ""}}),
            "fix-is-concrete");
  EXPECT_EQ(linted({{"What an administrator", "systemctl enable x\n  What an administrator"}}),
            "fix-marks-commands");
  EXPECT_EQ(linted({{"What an administrator", "Run `apt\n  install x` and what an administrator"}}),
            "");
  EXPECT_EQ(linted({{"nist-800-53: [CM-6]", "cwe: 250"}}), "reference-format");
  EXPECT_EQ(linted_query("SELECT loc, key, value FROM sysctl WHERE value = '0'"), "");
  EXPECT_EQ(linted_query("SELECT loc, value FROM sysctl"), "query-names-key");
  EXPECT_EQ(linted_query("SELECT loc, key, value FROM sysctl ORDER BY key"), "query-does-not-sort");
  EXPECT_EQ(linted_query("SELECT loc, key, value FROM sysctl WHERE glob <> 'x'"),
            "nullable-comparison");
  EXPECT_EQ(linted_query("SELECT loc, key, value FROM sysctl WHERE glob NOT LIKE 'x'"),
            "nullable-comparison");
  EXPECT_EQ(
      linted_query("SELECT loc, key, value FROM sysctl WHERE glob IS NOT NULL AND glob <> 'x'"),
      "");
  EXPECT_EQ(linted_query("SELECT loc, key, value FROM sysctl WHERE coalesce(glob, '') <> 'x'"), "");
}

TEST(LintTest, RulesAgreeOnSharedParameters) {
  const auto rule_with = [](std::string id, std::vector<std::string> value) {
    auto rule = std::make_shared<Rule>();
    rule->id = std::move(id);
    rule->parameters = {{"names", std::move(value), true, "d"}};
    return rule;
  };
  EXPECT_TRUE(lint_together({rule_with("a", {"x"}), rule_with("b", {"x"})}).empty());
  const auto problems = lint_together({rule_with("a", {"x"}), rule_with("b", {"y"})});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems.front().message, "parameters-agree: 'names' has another default in rule a");
}

}  // namespace
}  // namespace drydock::engine
