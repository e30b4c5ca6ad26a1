#include "tests/facts/few_facts.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace drydock::test {

namespace {

// The tables of the collectors that fill `table`, or only say where else to look.
void add_filled(std::string_view table, std::set<std::string_view>& tables) {
  if (tables.contains(table)) return;
  for (const facts::Collector& collector : facts::collectors()) {
    if (std::ranges::find(collector.tables, table, &facts::TableSpec::name) ==
        collector.tables.end())
      continue;
    for (const facts::TableSpec* spec : collector.tables) tables.insert(spec->name);
    for (const auto* others : {&collector.needs, &collector.hints})
      for (const std::string_view other : *others) add_filled(other, tables);
  }
}

}  // namespace

FewFacts::FewFacts(std::shared_ptr<MemoryTree> tree, std::initializer_list<std::string_view> starts,
                   const std::vector<std::string>& wanted) {
  std::vector<const facts::TableSpec*> tables;
  std::set<std::string_view> filled;
  for (const std::string& table : wanted) add_filled(table, filled);
  for (const facts::TableSpec* table : facts::all_tables()) {
    const auto begins = [&](std::string_view start) { return table->name.starts_with(start); };
    if (filled.contains(table->name) || begins("location") || begins("override") ||
        begins("parse_issue") || std::ranges::any_of(starts, begins))
      tables.push_back(table);
  }
  auto store = facts::Store::create(tables);
  if (!store) return;
  store_ = std::move(*store);
  Target target;
  target.name = "test";
  target.scope = Scope::host;
  target.tree = std::move(tree);
  facts::collect(target, *store_, {wanted.begin(), wanted.end()});
}

std::vector<facts::Store::Row> FewFacts::rows(std::string_view sql) const {
  if (!store_) return {};
  const auto answer = store_->select(sql);
  return answer ? answer->rows : std::vector<facts::Store::Row>{};
}

std::string FewFacts::text(std::string_view sql) const {
  std::string out;
  for (const auto& row : rows(sql)) {
    for (size_t i = 0; i < row.size(); ++i) out += (i > 0 ? " | " : "") + row[i].value_or("-");
    out += "\n";
  }
  return out;
}

ScratchDirectory directory_in_memory() {
  const char* const set = std::getenv("TMPDIR");
  const bool is_ours =
      !set && access("/dev/shm", W_OK) == 0 && setenv("TMPDIR", "/dev/shm", 1) == 0;
  // It cannot be moved, so it is made in the return itself, and what was set for it is taken back behind it.
  struct Restore {
    bool is_ours;
    ~Restore() {
      if (is_ours) unsetenv("TMPDIR");
    }
  } restore{is_ours};
  return ScratchDirectory();
}

}  // namespace drydock::test
