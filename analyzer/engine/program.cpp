#include "analyzer/engine/program.h"

#include <sqlite3.h>

#include <algorithm>

#include "analyzer/facts/collect.h"

namespace drydock::engine {
namespace {

constexpr std::string_view kKeyVariable = ":drydock_key";

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

class Compiler {
 public:
  Compiler(std::shared_ptr<const Rule> rule, const facts::Store& store, Sandbox& sandbox)
      : store_(store), sandbox_(sandbox) {
    program_.rule = std::move(rule);
  }

  Result<Program, std::vector<Diagnostic>> compile() {
    const Rule& rule = *program_.rule;
    if (const auto* query = std::get_if<Query>(&rule.check))
      prepare_query(*query);
    else
      prepare_expect(std::get<Expect>(rule.check));
    if (problems_.empty()) {
      program_.message = checked_template("message", rule.message);
      program_.message_absent = rule.message_absent.empty()
                                    ? program_.message
                                    : checked_template("message-absent", rule.message_absent);
      if (const auto* query = std::get_if<Query>(&rule.check);
          query != nullptr && !query->edit.empty())
        program_.edit = checked_template("edit", query->edit);
    }
    if (!problems_.empty()) return std::move(problems_);
    program_.collects = program_.tables;
    // Every table has places; asking for one place is no wish for all facts.
    program_.collects.erase(std::string(facts::kLocationTable.name));
    if (!named_.empty())
      for (const auto* meta : {&facts::kParseIssueTable, &facts::kOverrideTable})
        if (program_.collects.erase(std::string(meta->name)) > 0)
          program_.collects.insert(named_.begin(), named_.end());
    return std::move(program_);
  }

 private:
  void problem(std::string_view key, std::string message, std::string help = {}) {
    const auto span = program_.rule->spans.find(key);
    problem_at(span == program_.rule->spans.end() ? Span{} : span->second, std::move(message),
               std::move(help));
  }

  void problem_at(Span span, std::string message, std::string help = {}) {
    problems_.push_back({.level = Level::error,
                         .kind = DiagnosticKind::configuration,
                         .path = program_.rule->source_path,
                         .span = span,
                         .message = "rule " + program_.rule->id + ": " + std::move(message),
                         .help = std::move(help)});
  }

  // A mistake at `offset` of a block of SQL, as a place in the rule file. A block scalar's lines
  // are indented as its first one; a plain scalar is on one line.
  void sql_problem(std::string_view key, std::string_view sql, size_t before,
                   const SqlError& error) {
    const auto found = program_.rule->spans.find(key);
    Span span = found == program_.rule->spans.end() ? Span{} : found->second;
    if (error.has_offset && span.line > 0 && error.offset >= before) {
      const size_t at = std::min(error.offset - before, sql.size());
      const size_t start = at == 0 ? 0 : sql.rfind('\n', at - 1) + 1;
      const auto lines = static_cast<uint32_t>(
          std::count(sql.begin(), sql.begin() + static_cast<ptrdiff_t>(at), '\n'));
      span.line += lines;
      span.column += static_cast<uint32_t>(at - start);
      span.end_line = span.line;
      span.end_column = span.column + 1;
    }
    problem_at(span, error.message);
  }

  Statement prepare(std::string_view sql, std::string_view key, std::string_view written,
                    size_t before) {
    auto prepared = sandbox_.prepare(sql);
    if (!prepared) {
      sql_problem(key, written, before, prepared.error());
      return nullptr;
    }
    program_.tables.merge(prepared->tables);
    note_named(sql);
    check_variables(prepared->statement.get(), key);
    return std::move(prepared->statement);
  }

  // The tables whose names stand in the SQL as texts.
  void note_named(std::string_view sql) {
    for (size_t open = sql.find('\''); open != std::string_view::npos;) {
      const size_t close = sql.find('\'', open + 1);
      if (close == std::string_view::npos) return;
      const std::string_view text = sql.substr(open + 1, close - open - 1);
      if (store_.table(text) != nullptr) named_.emplace(text);
      open = sql.find('\'', close + 1);
    }
  }

  // Every variable must be a scalar parameter of the rule.
  void check_variables(sqlite3_stmt* statement, std::string_view key) {
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
      const char* name = sqlite3_bind_parameter_name(statement, i);
      if (name == nullptr || name[0] != ':') {
        problem(key, "a variable must be written :name", "and be a parameter of the rule");
        continue;
      }
      if (name == kKeyVariable) continue;
      const auto& parameters = program_.rule->parameters;
      const auto found = std::ranges::find_if(parameters, [&](const Parameter& parameter) {
        return bound_name(parameter.name) == name;
      });
      if (found == parameters.end())
        problem(key, "'" + std::string(name) + "' is no parameter of this rule");
      else if (found->is_list)
        problem(key, "'" + found->name + "' is a list", "write parameter('" + found->name + "')");
    }
  }

  void read_columns(sqlite3_stmt* statement) {
    Columns& columns = program_.columns;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const char* name = sqlite3_column_name(statement, i);
      columns.names.emplace_back(name == nullptr ? "" : name);
    }
    columns.loc = columns.find("loc");
    columns.key = columns.find("key");
    columns.value_loc = columns.find("value_loc");
    columns.related_loc = columns.find("related_loc");
    columns.related_message = columns.find("related_message");
  }

  void prepare_query(const Query& query) {
    program_.exact = prepare(query.sql, "query", query.sql, 0);
    if (!program_.exact) return;
    read_columns(program_.exact.get());
    const Columns& columns = program_.columns;
    if (columns.loc < 0)
      problem("query", "the query has no column 'loc'", "select the location of a fact as loc");
    if ((columns.related_loc < 0) != (columns.related_message < 0))
      problem("query", "'related_loc' and 'related_message' go together");
    if (!query.edit.empty() && columns.value_loc < 0)
      problem("edit", "'edit' needs a column 'value_loc'");
  }

  void prepare_expect(const Expect& expect) {
    const facts::TableSpec* table = store_.table(expect.table);
    if (table == nullptr) {
      problem("expect.table", "there is no table '" + expect.table + "'",
              "drydock tables shows what there is");
      return;
    }
    if (table->key.empty() || table->value.empty()) {
      problem("expect.table", "the table '" + expect.table + "' has no key and value",
              "write a query");
      return;
    }
    const std::string_view column =
        expect.column.empty() ? table->value : std::string_view(expect.column);
    if (std::ranges::none_of(table->columns,
                             [&](const auto& known) { return known.name == column; })) {
      problem("expect.column",
              "the table '" + expect.table + "' has no column '" + expect.column + "'");
      return;
    }
    const std::string select =
        "SELECT * FROM " + quoted(expect.table) + " WHERE " + quoted(table->key);
    const auto build = [&](std::string_view comparison) {
      std::string sql = select + std::string(comparison) + std::string(kKeyVariable);
      if (expect.where.empty()) return prepare(sql, "expect.where", "", 0);
      sql += " AND (";
      const size_t before = sql.size();
      // The line's end closes a comment in the condition, so that the bracket counts.
      return prepare(sql + expect.where + "\n)", "expect.where", expect.where, before);
    };
    if (std::ranges::any_of(expect.keys, is_glob)) program_.glob = build(" GLOB ");
    if (problems_.empty() && !std::ranges::all_of(expect.keys, is_glob))
      program_.exact = build(" = ");
    if (!problems_.empty()) return;
    read_columns((program_.exact ? program_.exact : program_.glob).get());
    program_.columns.key = program_.columns.find(table->key);
    program_.columns.value = program_.columns.find(column);
    if (program_.columns.loc < 0)
      problem("expect.table", "the table '" + expect.table + "' has no column 'loc'");
  }

  MessageTemplate checked_template(std::string_view key, const std::string& text) {
    auto parsed = MessageTemplate::parse(text);
    if (!parsed) {
      problem(key, "'" + std::string(key) + "' has " + parsed.error().message, parsed.error().help);
      return {};
    }
    const bool is_expect = std::holds_alternative<Expect>(program_.rule->check);
    for (const std::string& name : parsed->names()) {
      if (program_.columns.find(name) >= 0 || program_.rule->parameter(name) != nullptr) continue;
      if (is_expect && (name == "key" || name == "value")) continue;
      problem(key, "nothing fills in '{" + name + "}'", "a column of the check, or a parameter");
    }
    return std::move(*parsed);
  }

  const facts::Store& store_;
  Sandbox& sandbox_;
  Program program_;
  std::vector<Diagnostic> problems_;
  Names named_;
};

}  // namespace

int Columns::find(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

Result<Program, std::vector<Diagnostic>> compile(std::shared_ptr<const Rule> rule,
                                                 const facts::Store& store, Sandbox& sandbox) {
  return Compiler(std::move(rule), store, sandbox).compile();
}

bool is_glob(std::string_view key) {
  return key.find_first_of("*?") != std::string_view::npos;
}

std::string glob_pattern(std::string_view key) {
  std::string result;
  for (const char byte : key) result += byte == '[' ? "[[]" : std::string(1, byte);
  return result;
}

std::string bound_name(std::string_view parameter) {
  std::string result = ":" + std::string(parameter);
  std::ranges::replace(result, '-', '_');
  return result;
}

}  // namespace drydock::engine
