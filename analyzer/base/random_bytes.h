// Bytes that are read piece by piece, because all of them at once would be too many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace drydock {

class RandomBytes {
 public:
  virtual ~RandomBytes() = default;

  virtual uint64_t size() const = 0;

  // The bytes [offset, offset + length), valid until the next call; fewer where they end, and none where they
  // cannot be read. `length` is the caller's bound: check counts of a file before asking.
  virtual std::string_view at(uint64_t offset, size_t length) = 0;
};

// Those of a text in memory, which must live as long.
class TextBytes : public RandomBytes {
 public:
  explicit TextBytes(std::string_view text) : text_(text) {}
  uint64_t size() const override { return text_.size(); }
  std::string_view at(uint64_t offset, size_t length) override {
    return text_.substr(std::min<uint64_t>(offset, text_.size()), length);
  }

 private:
  std::string_view text_;
};

}  // namespace drydock
