#include "tests/facts/facts.h"

namespace drydock::test {

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
  // The store's own tables are about all of the others.
  auto wanted = facts::tables_named(sql);
  for (const char* own : {"location", "override", "parse_issue"}) wanted.erase(own);
  auto store = facts::Store::create(facts::tables_for(wanted));
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
