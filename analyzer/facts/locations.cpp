#include "analyzer/facts/locations.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace drydock::facts {
namespace {

// Any fixed number: it makes ids that no rule author can work out by heart, not a secret.
constexpr uint64_t kSeed = 0x64727964'6f636b31;

}  // namespace

LocationId Locations::intern(std::string_view path, Span span) {
  if (!last_path_id_ || path != last_path_) {
    last_path_ = path;
    last_hash_ = XXH3_64bits_withSeed(path.data(), path.size(), kSeed);
    const auto [known, is_new] =
        path_ids_.try_emplace(last_path_, static_cast<uint32_t>(paths_.size()));
    if (is_new) paths_.emplace_back(path);
    last_path_id_ = known->second;
  }
  const uint32_t place[4] = {span.line, span.column, span.end_line, span.end_column};
  uint64_t hash = XXH3_64bits_withSeed(place, sizeof place, last_hash_);
  for (;; ++hash) {
    const auto id = static_cast<int64_t>(hash >> 1);  // positive in SQLite
    const auto [slot, is_new] = by_id_.try_emplace(id, static_cast<uint32_t>(entries_.size()));
    if (!is_new) {
      const Entry& entry = entries_[slot->second];
      if (entry.span == span && entry.path == *last_path_id_) return LocationId{id};
      continue;  // another place with this id: the next free one
    }
    entries_.push_back({id, *last_path_id_, span});
    return LocationId{id};
  }
}

std::optional<Location> Locations::find(LocationId id) const {
  const auto it = by_id_.find(static_cast<int64_t>(id));
  if (it == by_id_.end()) return std::nullopt;
  return at(it->second).second;
}

std::pair<LocationId, Location> Locations::at(size_t index) const {
  const Entry& entry = entries_[index];
  return {LocationId{entry.id}, {paths_[entry.path], entry.span}};
}

}  // namespace drydock::facts
