#include "analyzer/source/acl.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <vector>

namespace drydock {
namespace {

void append_little_endian(std::string& out, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

// linux/posix_acl.h: the tag of an entry; 0: none of a POSIX.1e list.
uint32_t acl_tag(int tag) {
  switch (tag) {
    case ARCHIVE_ENTRY_ACL_USER_OBJ:
      return 0x01;
    case ARCHIVE_ENTRY_ACL_USER:
      return 0x02;
    case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
      return 0x04;
    case ARCHIVE_ENTRY_ACL_GROUP:
      return 0x08;
    case ARCHIVE_ENTRY_ACL_MASK:
      return 0x10;
    case ARCHIVE_ENTRY_ACL_OTHER:
      return 0x20;
    default:
      return 0;
  }
}

std::string acl_value(archive_entry* entry, int which) {
  if (archive_entry_acl_reset(entry, which) == 0) return {};
  struct Line {
    uint32_t tag, id, permissions;
    auto operator<=>(const Line&) const = default;
  };
  std::vector<Line> lines;  // the kernel sorts them by tag, then by id
  int type = 0, permissions = 0, tag = 0, id = 0;
  const char* name = nullptr;
  while (archive_entry_acl_next(entry, which, &type, &permissions, &tag, &id, &name) == 0) {
    const uint32_t kernel_tag = acl_tag(tag);
    if (kernel_tag == 0) continue;
    const bool named = kernel_tag == 0x02 || kernel_tag == 0x08;
    lines.push_back({kernel_tag, named ? static_cast<uint32_t>(id) : UINT32_MAX,
                     static_cast<uint32_t>(permissions) & 7u});
  }
  if (lines.empty()) return {};
  std::sort(lines.begin(), lines.end());
  std::string out;
  append_little_endian(out, 2, 4);
  for (const Line& line : lines) {
    append_little_endian(out, line.tag, 2);
    append_little_endian(out, line.permissions, 2);
    append_little_endian(out, line.id, 4);
  }
  return out;
}

}  // namespace

Xattrs xattrs_of(archive_entry* entry) {
  Xattrs out;
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    if (name) out.emplace_back(name, std::string(static_cast<const char*>(value), size));
  const int types = archive_entry_acl_types(entry);
  if (types & ARCHIVE_ENTRY_ACL_TYPE_ACCESS)
    if (auto acl = acl_value(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS); !acl.empty())
      out.emplace_back("system.posix_acl_access", std::move(acl));
  if (types & ARCHIVE_ENTRY_ACL_TYPE_DEFAULT)
    if (auto acl = acl_value(entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT); !acl.empty())
      out.emplace_back("system.posix_acl_default", std::move(acl));
  std::sort(out.begin(), out.end());
  // bsdtar writes every attribute twice, under its own and under star's name.
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

uint16_t mode_of(archive_entry* entry) {
  auto mode = static_cast<uint16_t>(archive_entry_mode(entry) & 07777);
  if (!(archive_entry_acl_types(entry) & ARCHIVE_ENTRY_ACL_TYPE_ACCESS)) return mode;
  archive_entry_acl_reset(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS);
  int type = 0, permissions = 0, tag = 0, id = 0;
  const char* name = nullptr;
  while (archive_entry_acl_next(entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &type, &permissions, &tag,
                                &id, &name) == 0)
    if (tag == ARCHIVE_ENTRY_ACL_MASK)
      mode = static_cast<uint16_t>((mode & ~070) | (permissions & 7) << 3);
  return mode;
}

}  // namespace drydock
