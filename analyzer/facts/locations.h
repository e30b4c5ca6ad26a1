// The places facts stand at, and their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/facts/store.h"

namespace drydock::facts {

class Locations {
 public:
  LocationId intern(std::string_view path, Span span);
  std::optional<Location> find(LocationId id) const;

  size_t size() const { return entries_.size(); }
  // The n-th place that was interned, for the virtual table `location`.
  std::pair<LocationId, Location> at(size_t index) const;

 private:
  struct Entry {
    int64_t id;
    uint32_t path;
    Span span;
  };
  std::vector<Entry> entries_;
  std::vector<std::string> paths_;
  std::unordered_map<std::string, uint32_t> path_ids_;
  std::unordered_map<int64_t, uint32_t> by_id_;
  // Places of one file come one after another.
  std::string last_path_;
  uint64_t last_hash_ = 0;
  std::optional<uint32_t> last_path_id_;
};

}  // namespace drydock::facts
