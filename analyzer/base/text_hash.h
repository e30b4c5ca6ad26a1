// For maps whose keys are texts: find() takes a view and makes no copy.
#pragma once

#include <functional>
#include <string_view>

namespace drydock {

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

}  // namespace drydock
