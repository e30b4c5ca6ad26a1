#include "tests/facts/few_facts.h"

#include <algorithm>

namespace drydock::test {

FewFacts::FewFacts(std::shared_ptr<MemoryTree> tree, std::initializer_list<std::string_view> starts,
                   const std::vector<std::string>& wanted) {
  std::vector<const facts::TableSpec*> tables;
  for (const facts::TableSpec* table : facts::all_tables()) {
    const auto begins = [&](std::string_view start) { return table->name.starts_with(start); };
    if (begins("location") || begins("override") || begins("parse_issue") ||
        std::ranges::any_of(starts, begins))
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

}  // namespace drydock::test
