#include "analyzer/facts/ask.h"

#include <sqlite3.h>

#include <memory>

#include "analyzer/facts/collect.h"

namespace drydock::facts {
namespace {

using Names = std::set<std::string, std::less<>>;

struct Reading {
  const Store* store;
  Names tables;
  bool only_reads;
};

int note_table(void* data, int action, const char* table, const char*, const char*, const char*) {
  auto* reading = static_cast<Reading*>(data);
  if (action != SQLITE_SELECT && action != SQLITE_READ && action != SQLITE_FUNCTION &&
      action != SQLITE_RECURSIVE) {
    reading->only_reads = false;  // ATTACH and PRAGMA pass for reading with sqlite3_stmt_readonly
    return SQLITE_DENY;
  }
  if (action == SQLITE_READ && table != nullptr && reading->store->table(table) != nullptr)
    reading->tables.emplace(table);
  return SQLITE_OK;
}

std::string quoted(std::string_view name) {
  return "\"" + std::string(name) + "\"";
}

std::string_view sql_type(ColumnType type) {
  return type == ColumnType::text ? "TEXT" : "INTEGER";
}

std::string create_sql(const TableSpec& spec) {
  std::string sql = "CREATE TABLE " + quoted(spec.name) + "(";
  for (const Column& column : spec.columns) {
    if (sql.back() != '(') sql += ", ";
    sql += quoted(column.name) + " " + std::string(sql_type(column.type));
    if (column.name == spec.key && &spec == &kLocationTable) sql += " PRIMARY KEY";
  }
  sql += ");";
  for (const std::string_view column : spec.indexes)
    sql += "CREATE INDEX " + quoted(std::string(spec.name) + "_" + std::string(column)) + " ON " +
           quoted(spec.name) + "(" + quoted(column) + ");";
  return sql;
}

using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

Statement prepare(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  return {statement, sqlite3_finalize};
}

// Gives SQLITE_DONE, or what went wrong.
int copy_rows(sqlite3* from, sqlite3* to, const TableSpec& spec) {
  std::string columns, marks;
  for (const Column& column : spec.columns) {
    columns += (columns.empty() ? "" : ", ") + quoted(column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  const Statement source = prepare(from, "SELECT " + columns + " FROM " + quoted(spec.name));
  const Statement target =
      prepare(to, "INSERT INTO " + quoted(spec.name) + " VALUES(" + marks + ")");
  if (!source || !target) return SQLITE_ERROR;
  const int count = sqlite3_column_count(source.get());
  int step = SQLITE_ROW;
  while ((step = sqlite3_step(source.get())) == SQLITE_ROW) {
    for (int i = 0; i < count; ++i)
      sqlite3_bind_value(target.get(), i + 1, sqlite3_column_value(source.get(), i));
    if (const int written = sqlite3_step(target.get()); written != SQLITE_DONE) return written;
    sqlite3_reset(target.get());
  }
  return step;
}

}  // namespace

Result<Names> tables_read(const Store& store, std::string_view sql) {
  Reading reading{&store, {}, true};
  sqlite3_set_authorizer(store.handle(), note_table, &reading);
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v2(store.handle(), sql.data(), static_cast<int>(sql.size()),
                                        &statement, nullptr);
  sqlite3_finalize(statement);
  sqlite3_set_authorizer(store.handle(), nullptr, nullptr);
  if (!reading.only_reads) return Error{"facts can only be read", "use SELECT"};
  if (status != SQLITE_OK) return Error{sqlite3_errmsg(store.handle()), ""};
  return reading.tables;
}

Result<void> dump(const Store& store, const std::string& path) {
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(opened, sqlite3_close);
  const auto failed = [&] {
    return Error{"'" + path + "' cannot be written: " + sqlite3_errmsg(opened), ""};
  };
  if (status != SQLITE_OK) return failed();

  std::string schema = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;";
  for (const TableSpec* spec : store.tables()) schema += create_sql(*spec);
  if (sqlite3_exec(opened, schema.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  // `location` last: `file` makes its places while it is read.
  for (const bool locations : {false, true})
    for (const TableSpec* spec : store.tables())
      if ((spec == &kLocationTable) == locations &&
          copy_rows(store.handle(), opened, *spec) != SQLITE_DONE)
        return failed();
  if (sqlite3_exec(opened, "COMMIT;", nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  return {};
}

}  // namespace drydock::facts
