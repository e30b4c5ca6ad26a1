#include "analyzer/facts/collect/acl.h"

#include <cstdint>

namespace drydock::facts {

namespace {

constexpr size_t kHeader = 4, kEntry = 8;
// e_tag of linux/posix_acl.h.
constexpr uint16_t kUser = 0x02, kGroup = 0x08, kMask = 0x10;
constexpr uint16_t kWrite = 2, kRead = 4;

uint16_t u16(std::string_view text, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(text[at]) |
                               (static_cast<uint8_t>(text[at + 1]) << 8));
}

uint32_t u32(std::string_view text, size_t at) {
  return u16(text, at) | (static_cast<uint32_t>(u16(text, at + 2)) << 16);
}

}  // namespace

std::optional<NamedAccess> named_access(std::string_view xattr) {
  if (xattr.size() < kHeader || (xattr.size() - kHeader) % kEntry != 0 || u32(xattr, 0) != 2)
    return std::nullopt;
  uint16_t mask = 7;  // a list without named entries needs no mask
  for (size_t at = kHeader; at < xattr.size(); at += kEntry)
    if (u16(xattr, at) == kMask) mask = u16(xattr, at + 2);
  NamedAccess access;
  for (size_t at = kHeader; at < xattr.size(); at += kEntry) {
    const uint16_t tag = u16(xattr, at);
    if (tag != kUser && tag != kGroup) continue;
    const uint16_t rights = u16(xattr, at + 2) & mask;
    const std::string who =
        (tag == kUser ? "user:" : "group:") + std::to_string(u32(xattr, at + 4));
    if (rights & kRead) access.readers += (access.readers.empty() ? "" : ",") + who;
    if (rights & kWrite) access.writers += (access.writers.empty() ? "" : ",") + who;
  }
  return access;
}

}  // namespace drydock::facts
