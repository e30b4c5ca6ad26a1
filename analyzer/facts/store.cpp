#include "analyzer/facts/store.h"

#include <sqlite3.h>

#include <cassert>
#include <unordered_map>
#include <unordered_set>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect.h"
#include "analyzer/facts/virtual_tables.h"

namespace drydock::facts {
namespace {

std::string create_sql(const TableSpec& spec) {
  std::string sql = "CREATE TABLE \"" + std::string(spec.name) + "\"(";
  for (const Column& column : spec.columns) {
    if (sql.back() != '(') sql += ", ";
    sql += '"' + std::string(column.name) + "\" ";
    sql += column.type == ColumnType::text ? "TEXT" : "INTEGER";
  }
  return sql + ");";
}

std::string index_sql(const TableSpec& spec, std::string_view column) {
  const std::string table(spec.name), name(column);
  return "CREATE INDEX \"" + table + "_" + name + "\" ON \"" + table + "\"(\"" + name + "\");";
}

// `text` cut to limits::kFactText at a UTF-8 boundary, with an ellipsis.
std::string shortened(std::string_view text) {
  size_t end = limits::kFactText - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "\u2026";
}

[[maybe_unused]] bool fits(ColumnType type, const Value& value) {
  if (std::holds_alternative<Null>(value)) return true;
  switch (type) {
    case ColumnType::text:
      return std::holds_alternative<std::string_view>(value);
    case ColumnType::integer:
      return std::holds_alternative<int64_t>(value);
    case ColumnType::boolean:
      return std::holds_alternative<bool>(value);
    case ColumnType::location:
      return std::holds_alternative<LocationId>(value);
  }
  return false;
}

}  // namespace

struct Store::Impl {
  VirtualSources sources;
  std::unordered_map<const TableSpec*, sqlite3_stmt*> inserts;
  std::unordered_set<const TableSpec*> unwanted;
  bool frozen = false;

  ~Impl() { finalize(); }
  void finalize() {
    for (const auto& [spec, statement] : inserts) sqlite3_finalize(statement);
    inserts.clear();
  }
};

Store::Store() : impl_(std::make_unique<Impl>()) {}

Store::~Store() {
  impl_->finalize();
  sqlite3_close_v2(db_);
}

Result<std::unique_ptr<Store>> Store::create(std::span<const TableSpec* const> tables) {
  std::unique_ptr<Store> store(new Store);
  const int flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(":memory:", &store->db_, flags, nullptr) != SQLITE_OK)
    return Error{"no memory for the fact store", ""};
  store->tables_.assign(tables.begin(), tables.end());
  if (const auto added = add_virtual_tables(store->db_, store->impl_->sources); !added)
    return added.error();

  std::string sql = "PRAGMA journal_mode = OFF; PRAGMA temp_store = MEMORY; BEGIN;";
  for (const TableSpec* spec : tables) {
    if (spec->is_virtual) continue;
    sql += create_sql(*spec);
    if (!spec->key.empty()) sql += index_sql(*spec, spec->key);
    for (const std::string_view column : spec->indexes) sql += index_sql(*spec, column);
  }
  if (sqlite3_exec(store->db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return Error{std::string("the fact tables cannot be made: ") + sqlite3_errmsg(store->db_), ""};
  return store;
}

LocationId Store::locate(std::string_view path, Span span) {
  return impl_->sources.locations.intern(path, span);
}

std::optional<Location> Store::location(LocationId id) const {
  return impl_->sources.locations.find(id);
}

void Store::insert(const TableSpec& table, std::initializer_list<Value> values) {
  assert(!impl_->frozen && "facts are frozen");
  assert(values.size() == table.columns.size() && "one value for each column");
  if (!wants(table)) return;
  sqlite3_stmt*& statement = impl_->inserts[&table];
  if (!statement) {
    std::string sql = "INSERT INTO \"" + std::string(table.name) + "\" VALUES(?";
    for (size_t i = 1; i < table.columns.size(); ++i) sql += ",?";
    sql += ")";
    const int status = sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr);
    assert(status == SQLITE_OK && "the table belongs to the store");
    if (status != SQLITE_OK) return;
  }
  int index = 0;
  for (const Value& value : values) {
    assert(fits(table.columns[static_cast<size_t>(index)].type, value) &&
           "a value of the column's type");
    ++index;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      if (text->size() > limits::kFactText) {
        const std::string cut = shortened(*text);
        sqlite3_bind_text64(statement, index, cut.data(), cut.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8);
      } else {  // an empty view may have no address, which would bind NULL
        sqlite3_bind_text64(statement, index, text->empty() ? "" : text->data(), text->size(),
                            SQLITE_STATIC, SQLITE_UTF8);
      }
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
      sqlite3_bind_int64(statement, index, *number);
    } else if (const auto* truth = std::get_if<bool>(&value)) {
      sqlite3_bind_int(statement, index, *truth ? 1 : 0);
    } else if (const auto* place = std::get_if<LocationId>(&value)) {
      sqlite3_bind_int64(statement, index, static_cast<int64_t>(*place));
    } else {
      sqlite3_bind_null(statement, index);
    }
  }
  sqlite3_step(statement);
  sqlite3_reset(statement);  // what is bound stays behind, and is bound anew before the next step
}

void Store::keep_only(const std::function<bool(const TableSpec&)>& wanted) {
  for (const TableSpec* spec : tables_)
    if (!wanted(*spec)) impl_->unwanted.insert(spec);
}

bool Store::wants(const TableSpec& table) const {
  return !impl_->unwanted.contains(&table);
}

void Store::overridden(const TableSpec& table, std::string_view key, LocationId winner,
                       LocationId loser, std::string_view value, std::string_view reason) {
  if (!wants(table)) return;
  insert(kOverrideTable, {table.name, key, winner == LocationId{} ? Value(Null{}) : Value(winner),
                          loser, value, reason});
}

std::string Store::show(LocationId id) const {
  const auto place = location(id);
  if (!place) return {};
  if (place->span.line == 0) return place->path;
  return place->path + ":" + std::to_string(place->span.line) + ":" +
         std::to_string(place->span.column);
}

Result<Store::Answer> Store::select(std::string_view sql) const {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  const int status =
      sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &prepared, &tail);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  if (status != SQLITE_OK) return Error{sqlite3_errmsg(db_), ""};
  if (!statement) return Error{"there is no statement", ""};
  const std::string_view rest(tail, static_cast<size_t>(sql.data() + sql.size() - tail));
  if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos)
    return Error{"one statement at a time", ""};
  if (!sqlite3_stmt_readonly(statement.get())) return Error{"facts can only be read", "use SELECT"};

  Answer answer;
  std::vector<bool> is_location;
  for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) {
    answer.columns.emplace_back(sqlite3_column_name(statement.get(), i));
    is_location.push_back(holds_location(statement.get(), i, answer.columns.back()));
  }
  answer.numeric.assign(answer.columns.size(), true);
  for (;;) {
    const int step = sqlite3_step(statement.get());
    if (step == SQLITE_DONE) return answer;
    if (step != SQLITE_ROW) return Error{sqlite3_errmsg(db_), ""};
    Row row(answer.columns.size());
    for (size_t i = 0; i < row.size(); ++i) {
      const int column = static_cast<int>(i);
      const int type = sqlite3_column_type(statement.get(), column);
      if (type == SQLITE_NULL) continue;
      if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) answer.numeric[i] = false;
      if (type == SQLITE_INTEGER && is_location[i]) {
        answer.numeric[i] = false;
        row[i] = show(LocationId{sqlite3_column_int64(statement.get(), column)});
        continue;
      }
      const auto* text =
          reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), column));
      row[i].emplace(text ? text : "",
                     static_cast<size_t>(sqlite3_column_bytes(statement.get(), column)));
    }
    answer.rows.push_back(std::move(row));
  }
}

bool Store::holds_location(sqlite3_stmt* statement, int column, std::string_view shown) const {
  const char* from = sqlite3_column_table_name(statement, column);
  const char* origin = sqlite3_column_origin_name(statement, column);
  const TableSpec* spec = from ? table(from) : nullptr;
  if (!spec || !origin) return shown == "loc" || shown.ends_with("_loc");
  for (const Column& candidate : spec->columns)
    if (candidate.name == origin) return candidate.type == ColumnType::location;
  return false;
}

void Store::attach(const Tree& tree) {
  tree.take_inventory();
  impl_->sources.tree = std::make_unique<WatchedTree>(tree);
}

std::vector<std::pair<std::string, std::string>> Store::missed_files() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (Unread& one : impl_->sources.missed())
    out.emplace_back(std::move(one.path), std::move(one.why));
  return out;
}

void Store::forget_looks() const {
  impl_->sources.forget_looks();
}

void Store::freeze() {
  if (impl_->frozen) return;
  impl_->finalize();
  // Not PRAGMA query_only: it makes SQLite prepare all statements of the rules again. Both doors, select()
  // and the sandbox of rules, only run what sqlite3_stmt_readonly() calls so.
  sqlite3_exec(db_, "COMMIT;", nullptr, nullptr, nullptr);
  impl_->frozen = true;
}

const TableSpec* Store::table(std::string_view name) const {
  for (const TableSpec* spec : tables_)
    if (spec->name == name) return spec;
  return nullptr;
}

}  // namespace drydock::facts
