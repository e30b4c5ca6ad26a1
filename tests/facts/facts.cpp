#include "tests/facts/facts.h"

#include <algorithm>
#include <set>

namespace drydock::test {
namespace {

// The tables that `sql` names, in FROM or in quotes; only these are collected. None if it names but the store's own
// (override, parse_issue): then it is about all of them.
std::set<std::string, std::less<>> named(std::string_view sql,
                                         const std::vector<const facts::TableSpec*>& tables) {
  std::set<std::string, std::less<>> out;
  const auto is_word = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  for (size_t begin = 0; begin < sql.size();) {
    size_t end = begin;
    while (end < sql.size() && is_word(sql[end])) ++end;
    const std::string_view word = sql.substr(begin, end - begin);
    const bool is_own = word == "location" || word == "override" || word == "parse_issue";
    if (!is_own &&
        std::ranges::any_of(tables, [&](const auto* table) { return table->name == word; }))
      out.emplace(word);
    begin = end + 1;
  }
  return out;
}

// The tables to make: those of the collectors that run for `wanted`, and the store's own. Making all of them takes
// longer than most facts do.
std::vector<const facts::TableSpec*> to_make(std::set<std::string, std::less<>> wanted,
                                             const std::vector<const facts::TableSpec*>& tables) {
  if (wanted.empty()) return tables;
  std::set<const facts::Collector*> running;
  for (bool grows = true; grows;) {
    grows = false;
    for (const facts::Collector& collector : facts::collectors()) {
      const auto is_wanted = [&](const facts::TableSpec* table) {
        return wanted.contains(table->name);
      };
      if (running.contains(&collector) || std::ranges::none_of(collector.tables, is_wanted))
        continue;
      running.insert(&collector);
      grows = true;
      for (const auto* others : {&collector.needs, &collector.hints})
        wanted.insert(others->begin(), others->end());
    }
  }
  std::vector<const facts::TableSpec*> out = tables;
  for (const facts::Collector& collector : facts::collectors())
    if (!running.contains(&collector))
      std::erase_if(out, [&](const facts::TableSpec* table) {
        return std::ranges::find(collector.tables, table) != collector.tables.end();
      });
  return out;
}

}  // namespace

std::string facts(std::shared_ptr<MemoryTree> tree, std::string_view sql, Scope scope) {
  Target target;
  target.name = "test";
  target.scope = scope;
  target.tree = tree;
  if (scope == Scope::fragment)
    tree->walk("", [&](std::string_view path, const Stat& info) {
      if (info.type == NodeType::file) target.loose_files.emplace_back(path);
      return true;
    });
  const auto tables = facts::all_tables();
  const auto wanted = named(sql, tables);
  auto store = facts::Store::create(to_make(wanted, tables));
  if (!store) return "error: " + store.error().message;
  facts::collect(target, **store, wanted);
  const auto answer = (*store)->select(sql);
  if (!answer) return "error: " + answer.error().message;
  std::string out;
  for (const auto& row : answer->rows) {
    for (size_t i = 0; i < row.size(); ++i) out += (i > 0 ? " | " : "") + row[i].value_or("-");
    out += "\n";
  }
  return out;
}

}  // namespace drydock::test
