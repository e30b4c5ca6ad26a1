// What collectors ask of tables that others have filled.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// Calls `use` with each row of the answer, whose cells are text; no call if there is no answer.
template <class Use>
void each_row(Context& context, std::string_view sql, Use use) {
  const auto answer = context.store().select(sql);
  if (answer)
    for (const Store::Row& row : answer->rows) use(row);
}

// A cell that holds a number without a sign, such as a user id; 0 for NULL.
inline uint32_t number(const std::optional<std::string>& cell) {
  return cell ? static_cast<uint32_t>(std::strtoull(cell->c_str(), nullptr, 10)) : 0;
}

// The place that a cell of "loc + 0" means; such a cell is the number of a location, one of "loc" its text.
inline std::optional<Location> place_of(Context& context, const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  return context.store().location(LocationId(std::strtoll(cell->c_str(), nullptr, 10)));
}

}  // namespace drydock::facts
