// The tables that are computed while a query asks for them: `location` over the interned places,
// and `file` over the tree, which is too large to load for a rule that asks for ten paths.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "analyzer/base/result.h"
#include "analyzer/facts/locations.h"
#include "analyzer/facts/table.h"
#include "analyzer/source/watched.h"

struct sqlite3;

namespace drydock::facts {

// What the virtual tables look at; owned by the store.
struct VirtualSources {
  Locations locations;
  std::unique_ptr<WatchedTree> tree;  // null: `file` is empty
  // uid -> name, gid -> name of the tree's own passwd and group files, read when first needed.
  struct Names {
    std::unordered_map<uint32_t, std::string> users, groups;
  };
  const Names& names();
  // What was looked for in vain since forget_looks(), the names of owners included: Store::missed_files.
  std::vector<Unread> missed();
  void forget_looks();

 private:
  bool names_asked_ = false;
  std::unique_ptr<Names> names_;
};

extern const TableSpec kFileTable;

// Registers both tables on a connection. `sources` must outlive it.
Result<void> add_virtual_tables(sqlite3* db, VirtualSources& sources);

}  // namespace drydock::facts
