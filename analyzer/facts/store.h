// Where facts live: SQLite in memory, filled by collectors, then frozen and asked by rules and
// people.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/span.h"
#include "analyzer/facts/table.h"

struct sqlite3;
struct sqlite3_stmt;

namespace drydock {
class Tree;
}

namespace drydock::facts {

// A place in a file of the target. The id is a keyed hash of path and span: stable over runs and
// formats, and not something a query can make up.
enum class LocationId : int64_t {};

struct Location {
  std::string path;  // tree path: "etc/fstab"
  Span span;
};

// One value of a row. Text longer than limits::kFactText is cut (with "…" at its end).
struct Null {};
using Value = std::variant<Null, int64_t, bool, std::string_view, LocationId>;

class Store {
 public:
  // An empty database with every table of `tables` created.
  static Result<std::unique_ptr<Store>> create(std::span<const TableSpec* const> tables);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The id of a place; the same place gives the same id.
  LocationId locate(std::string_view path, Span span);
  std::optional<Location> location(LocationId id) const;

  // Rows of other tables are not kept from now on: nobody will ask for them.
  void keep_only(const std::function<bool(const TableSpec&)>& wanted);
  // Will rows of the table be kept? Whoever computes many of them asks before.
  bool wants(const TableSpec& table) const;

  // Adds a row. The values stand in the order of the spec's columns, one for each; a mismatch in
  // number or type is a programming mistake and asserts.
  void insert(const TableSpec& table, std::initializer_list<Value> values);

  // Says that the effective fact at `winner` (row `key` of `table`) overrode a setting at `loser`,
  // and why: "read later", "same file name in /etc masks /usr/lib", "first value wins".
  void overridden(const TableSpec& table, std::string_view key, LocationId winner, LocationId loser,
                  std::string_view value, std::string_view reason);

  // Runs a SELECT of drydock's own or of a person (not a rule's) and hands over the rows as text;
  // NULL is nullopt. Columns that hold locations are written "etc/fstab:3:1" ("etc/fstab" for a
  // whole file). Anything but one statement that only reads, and SQLite's own complaints, are
  // errors.
  using Row = std::vector<std::optional<std::string>>;
  struct Answer {
    std::vector<std::string> columns;
    std::vector<bool> numeric;  // per column: every value is a number
    std::vector<Row> rows;
  };
  Result<Answer> select(std::string_view sql) const;

  // The place as people read it: "etc/fstab:3:1"; empty if there is no such place.
  std::string show(LocationId id) const;

  // Lets the virtual table `file` look into `tree`, which must outlive the store. User and group
  // names come from the tree's own /etc/passwd and /etc/group. Without it the table is empty.
  void attach(const Tree& tree);
  // The parts of the tree that were not read and in which queries on `file` looked in vain since
  // forget_looks().
  // As (path, why).
  std::vector<std::pair<std::string, std::string>> missed_files() const;
  void forget_looks() const;

  // No more writes: begins read-only life. Commits what was collected.
  void freeze();

  sqlite3* handle() const { return db_; }
  const std::vector<const TableSpec*>& tables() const { return tables_; }
  const TableSpec* table(std::string_view name) const;

 private:
  Store();
  bool holds_location(sqlite3_stmt* statement, int column, std::string_view shown) const;

  struct Impl;
  sqlite3* db_ = nullptr;
  std::vector<const TableSpec*> tables_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::facts
