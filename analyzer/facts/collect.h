// Collectors: one per subsystem. A collector says which tables it fills and which files it may
// read; it finds those files in the tree in the order the real program does, calls the parser, and
// writes raw rows (the lines) and effective rows (what the program would see), each with its
// location.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/facts/store.h"
#include "analyzer/source/artifact.h"
#include "analyzer/source/watched.h"
#include "parsers/syntax_error.h"

namespace drydock::facts {

class Context;

// Adds a warning for every part of the tree that was not read and that `diagnostics` do not name yet.
void say_unread(const Tree& tree, std::vector<Diagnostic>& diagnostics);

struct Collector {
  std::string_view name;                 // "sysctl"
  std::vector<const TableSpec*> tables;  // what it fills
  // Tables of other collectors that must be filled before. What those may have missed, this one may have
  // missed as well.
  std::vector<std::string_view> needs;
  // As `needs`, but what those may have missed adds no doubt here: they only say where else to look.
  std::vector<std::string_view> hints = {};
  // Files it may read in a host or /etc, as patterns of Interest relative to the root.
  std::vector<std::string_view> paths;
  // Patterns of Interest::add_loose for files of its format that lie anywhere (fragments).
  std::vector<std::string_view> loose;
  void (*collect)(Context&);
  // Its rows say themselves what is not known, one by one; what it missed makes no table unknown.
  bool says_doubts = false;
};

// Every collector, in no particular order. The explicit list is in collectors.cpp.
std::span<const Collector> collectors();
// Every table of every collector, and the meta tables; sorted by name.
std::vector<const TableSpec*> all_tables();
// Those of them that the collectors for the given tables fill, and the meta tables: making all takes longer than
// looking at a few files does. `names` may hold words that are no table's.
std::vector<const TableSpec*> tables_for(const std::set<std::string, std::less<>>& names);
// The words of a statement that are names of tables, wherever they stand in it; "override" and the like mean every
// collector, so that none is left out.
std::set<std::string, std::less<>> tables_named(std::string_view sql);
// The union of the collectors' patterns for the given tables (empty: all), with what they need.
Interest interest_for(const std::set<std::string, std::less<>>& tables);

// A file's text together with the place it was really found at.
struct Text {
  // Where the file lies when every link is followed (etc/sysctl.d/99-sysctl.conf ->
  // etc/sysctl.conf): what locations name, for that is the file somebody has to edit.
  std::string path;
  std::string_view text;  // valid as long as the tree
};

// What a collector works with.
class Context {
 public:
  Context(const Target& target, Store& store)
      : target_(target), store_(store), tree_(*target.tree) {}

  const Target& target() const { return target_; }
  // The target's tree, watched: what a collector looks for in vain where something was not read makes
  // its tables unknown. It lives as long as the context.
  const Tree& tree() const { return tree_; }
  Store& store() { return store_; }
  Scope scope() const { return target_.scope; }
  bool is_fragment() const { return target_.scope == Scope::fragment; }

  // Reads a file, following links. Absent, or a link to /dev/null: nullopt, silently. There but not
  // readable: nullopt, and a parse_issue of effect 'unknown' for the tables of the collector that
  // runs.
  std::optional<Text> read(std::string_view path);

  // The loose files of a fragment that match one of `patterns` (Interest::add_loose form), sorted.
  std::vector<std::string> loose(std::span<const std::string_view> patterns) const;
  // Those of the running collector's own `loose` patterns.
  std::vector<std::string> loose() const;

  // Records syntax errors of a file as parse_issue rows for the tables of the running collector (or
  // for `tables` if given) and as diagnostics of the scan.
  void issues(std::string_view path, const parsers::SyntaxErrors& errors,
              std::vector<const TableSpec*> tables = {});
  void issue(std::string_view path, const parsers::SyntaxError& error,
             std::vector<const TableSpec*> tables = {});

  // A value computed once per target and shared between collectors, by its type:
  //   const UnitFiles& units = context.shared<UnitFiles>([&] { return load_units(context); });
  template <class T, class Make>
  const T& shared(Make make) {
    const std::type_index type(typeid(T));
    auto known = shared_.find(type);
    if (known == shared_.end()) {
      const size_t begin = tree_.mark();
      auto value = std::make_shared<const T>(make());
      known = shared_.emplace(type, Shared{std::move(value), {begin, tree_.mark()}}).first;
    }
    looked_.push_back(known->second.looks);
    return *static_cast<const T*>(known->second.value.get());
  }

  // What the tree may hold of what was looked for since `mark` of the tree, although it was not found.
  size_t mark() const { return tree_.mark(); }
  std::vector<Unread> missed(size_t mark) const { return tree_.missed({.begin = mark}); }

  const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }

  // Used by collect() below: around each collector, and after the last.
  void begin(const Collector& collector);
  void end();
  void say_unread() { facts::say_unread(tree(), diagnostics_); }

 private:
  struct Shared {
    std::shared_ptr<const void> value;
    WatchedTree::Stretch looks;  // while it was made
  };
  std::string key(std::string_view path) const;  // of reported_, for the running collector
  void insert_gap(std::string_view path, std::string_view code, std::string_view message);

  const Target& target_;
  Store& store_;
  WatchedTree tree_;
  const Collector* running_ = nullptr;
  std::unordered_map<std::type_index, Shared> shared_;
  std::vector<WatchedTree::Stretch> looked_;  // by the running collector
  std::set<std::string> reported_;            // unreadable paths already said, per collector
  std::map<std::string_view, Unread>
      unsure_;  // collectors that may have missed something: the first
  std::vector<Diagnostic> diagnostics_;
};

// Fills `store` with the given tables (and what they need) for one target, then freezes it. Empty:
// all. Returns what could not be read or parsed. What is met only when a query looks at `file` is in
// the tree's unread() then: see say_unread.
std::vector<Diagnostic> collect(const Target& target, Store& store,
                                const std::set<std::string, std::less<>>& tables);

// The meta tables, filled through Store and Context.
extern const TableSpec kLocationTable;  // location(loc, path, line, column, end_line, end_column)
extern const TableSpec kOverrideTable;  // override(table_name, key, winner, loser, value, reason)
extern const TableSpec
    kParseIssueTable;  // parse_issue(path, code, message, effect, table_name, loc)

}  // namespace drydock::facts
