// Reading binary structures of hostile images: every access is checked against the bytes that are
// there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace drydock {

using Bytes = std::span<const std::byte>;

// A window on bytes. Numbers read outside it are 0 and make the view `failed`, so that a structure
// can be read field by field and tested once at the end.
class ByteView {
 public:
  ByteView() = default;
  explicit ByteView(Bytes bytes) : bytes_(bytes) {}
  explicit ByteView(std::string_view text) : bytes_(std::as_bytes(std::span(text))) {}

  size_t size() const { return bytes_.size(); }
  bool failed() const { return failed_; }
  bool has(size_t offset, size_t length) const {
    return offset <= bytes_.size() && length <= bytes_.size() - offset;
  }

  uint8_t u8(size_t at) const { return static_cast<uint8_t>(little(at, 1)); }
  uint16_t le16(size_t at) const { return static_cast<uint16_t>(little(at, 2)); }
  uint32_t le32(size_t at) const { return static_cast<uint32_t>(little(at, 4)); }
  uint64_t le64(size_t at) const { return little(at, 8); }
  uint16_t be16(size_t at) const { return static_cast<uint16_t>(big(at, 2)); }
  uint32_t be32(size_t at) const { return static_cast<uint32_t>(big(at, 4)); }
  uint64_t be64(size_t at) const { return big(at, 8); }

  // The bytes [offset, offset + length); empty and `failed` if they are not all there.
  Bytes bytes(size_t offset, size_t length) const {
    if (!has(offset, length)) {
      failed_ = true;
      return {};
    }
    return bytes_.subspan(offset, length);
  }
  ByteView view(size_t offset, size_t length) const { return ByteView(bytes(offset, length)); }
  // The same bytes as text, without what follows the first NUL when `c_string` is set.
  std::string_view text(size_t offset, size_t length, bool c_string = false) const {
    const Bytes part = bytes(offset, length);
    std::string_view out(reinterpret_cast<const char*>(part.data()), part.size());
    return c_string ? out.substr(0, out.find('\0')) : out;
  }
  bool starts_with(std::string_view magic, size_t at = 0) const {
    return has(at, magic.size()) &&
           std::memcmp(bytes_.data() + at, magic.data(), magic.size()) == 0;
  }

 private:
  uint64_t little(size_t at, size_t length) const {
    uint64_t value = 0;
    const Bytes part = bytes(at, length);
    for (size_t i = part.size(); i > 0; --i)
      value = value << 8 | static_cast<uint64_t>(part[i - 1]);
    return value;
  }
  uint64_t big(size_t at, size_t length) const {
    uint64_t value = 0;
    for (const std::byte b : bytes(at, length)) value = value << 8 | static_cast<uint64_t>(b);
    return value;
  }

  Bytes bytes_;
  mutable bool failed_ = false;
};

// a + b and a * b, or nothing when the result does not fit.
inline std::optional<uint64_t> checked_add(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) return std::nullopt;
  return out;
}
inline std::optional<uint64_t> checked_mul(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out)) return std::nullopt;
  return out;
}

}  // namespace drydock
