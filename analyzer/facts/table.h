// What a table of facts is: its name, what a row means, its columns. The same description makes the
// SQLite table, `drydock tables`, and the reference pages, so they cannot drift apart.
#pragma once

#include <string_view>
#include <vector>

namespace drydock::facts {

enum class ColumnType : uint8_t {
  text,
  integer,
  boolean,   // 0 or 1
  location,  // an id of the table `location`; shown as "etc/fstab:3:1"
};

struct Column {
  std::string_view name;
  ColumnType type;
  std::string_view doc;  // one sentence; says when the column is NULL
};

enum class TableKind : uint8_t {
  raw,        // one row per line as it is written
  effective,  // what the software would see after includes, drop-ins, precedence, masks, defaults
  inventory,  // what the artifact holds: files, packages
  meta,       // about the scan: locations, issues, traits
};

struct TableSpec {
  std::string_view name;  // singular, snake_case
  TableKind kind;
  std::string_view doc;  // what one row is, and the manual page section it follows
  std::vector<Column> columns;
  // Keyed tables can be used by `expect` rules: the column that names the thing and the one that
  // holds what is judged. Empty for tables without.
  std::string_view key = {};
  std::string_view value = {};
  std::vector<std::string_view> indexes =
      {};  // columns that get an index (the key column gets one anyway)
  std::vector<std::string_view> examples = {};  // SELECT statements that run on any host
  // Not stored: computed from the tree while a query asks for it (file_table.h).
  bool is_virtual = false;
};

}  // namespace drydock::facts
