// POSIX access control lists as the kernel stores them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drydock::facts {

// What an access list gives to users and groups that are named in it, after the mask: acl(5), "ACCESS
// CHECK ALGORITHM". "user:1000,group:50"; empty: nobody gets that right through a named entry.
struct NamedAccess {
  std::string readers;
  std::string writers;
};

// Reads the value of system.posix_acl_access: linux/posix_acl_xattr.h, version 2, little endian.
// nullopt: it is no such list.
std::optional<NamedAccess> named_access(std::string_view xattr);

}  // namespace drydock::facts
