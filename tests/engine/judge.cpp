#include "tests/engine/judge.h"

#include "analyzer/engine/catalogue.h"

namespace drydock::test {

using facts::ColumnType;

const facts::TableSpec kSettingTable{.name = "setting",
                                     .kind = facts::TableKind::effective,
                                     .doc = "A setting.",
                                     .columns = {{"key", ColumnType::text, ""},
                                                 {"value", ColumnType::text, ""},
                                                 {"owner", ColumnType::text, ""},
                                                 {"mode", ColumnType::integer, ""},
                                                 {"loc", ColumnType::location, ""},
                                                 {"value_loc", ColumnType::location, ""}},
                                     .key = "key",
                                     .value = "value"};

const facts::TableSpec kTraitTable{.name = "trait",
                                   .kind = facts::TableKind::meta,
                                   .doc = "A trait.",
                                   .columns = {{"name", ColumnType::text, ""},
                                               {"holds", ColumnType::boolean, ""},
                                               {"because", ColumnType::text, ""},
                                               {"loc", ColumnType::location, ""}}};

Facts::Facts() {
  const std::vector<const facts::TableSpec*> tables{&kSettingTable, &kTraitTable,
                                                    &facts::kLocationTable, &facts::kOverrideTable,
                                                    &facts::kParseIssueTable};
  auto created = facts::Store::create(tables);
  if (created) store = std::move(created).value();
}

facts::LocationId Facts::at(uint32_t line, uint32_t column, std::string_view path) {
  if (line == 0) return store->locate(path, {});
  return store->locate(path, {line, column, line, column + 1});
}

Facts& Facts::set(std::string_view key, std::string_view value, uint32_t line) {
  const facts::Value loc = line == 0 ? facts::Value(facts::Null{}) : facts::Value(at(line));
  const facts::Value value_loc =
      line == 0 ? facts::Value(facts::Null{}) : facts::Value(at(line, 9));
  store->insert(kSettingTable,
                {key, value, std::string_view("root"), int64_t{0644}, loc, value_loc});
  return *this;
}

Facts& Facts::set_null(std::string_view key, uint32_t line) {
  store->insert(kSettingTable,
                {key, facts::Null{}, facts::Null{}, facts::Null{}, at(line), facts::Null{}});
  return *this;
}

Facts& Facts::trait(std::string_view name, std::optional<bool> holds, std::string_view because) {
  store->insert(kTraitTable, {name, holds ? facts::Value(*holds) : facts::Value(facts::Null{}),
                              because, facts::Null{}});
  return *this;
}

namespace {

std::string show(const engine::Place& place) {
  if (place.span.line == 0) return place.path;
  return place.path + ":" + std::to_string(place.span.line) + ":" +
         std::to_string(place.span.column);
}

}  // namespace

std::string judge(std::string_view yaml, Facts& facts, const engine::EvaluateOptions& options) {
  std::string out;
  const auto loaded = engine::load_rule(yaml, "rules/test/r.yaml");
  for (const Diagnostic& diagnostic : loaded.diagnostics) out += render(diagnostic, yaml);
  if (!loaded.rule) return out;
  std::vector<Diagnostic> diagnostics;
  engine::Plan plan({loaded.rule}, *facts.store, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic, yaml);
  if (!diagnostics.empty()) return out;
  facts.store->freeze();
  const auto results = plan.run(options);
  for (const Diagnostic& diagnostic : plan.diagnostics()) out += render(diagnostic);
  const engine::RuleResult& result = results.front();
  out += name(result.outcome);
  if (!result.reason.empty()) out += ": " + result.reason;
  out += "\n";
  for (const engine::Finding& finding : result.findings) {
    out += show(finding.place) + (finding.absent ? " absent" : "") + " [" + finding.key + "] " +
           finding.message + "\n";
    for (const engine::Related& related : finding.related)
      out += "  " + show(related.place) + " " + related.message + "\n";
    if (finding.edit)
      out += "  edit " + show(finding.edit->place) + " -> '" + finding.edit->text + "'\n";
  }
  return out;
}

std::string rule(std::string_view check) {
  return "id: r\ntitle: Something is wrong\nseverity: low\nprofiles: [base]\nwhy: w\nfix: f\n"
         "references: {coverage: A1}\nexamples:\n  - passes: {}\n" +
         std::string(check);
}

}  // namespace drydock::test
