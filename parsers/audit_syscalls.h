// syscalls(2) of x86 by name: a rule of auditctl(8) names them, the kernel compares their numbers.
#pragma once

#include <optional>
#include <string_view>

namespace drydock::parsers::audit_rules {

// The number of a system call of x86_64 (or of i386, which a 64-bit kernel serves as well);
// nullopt: there is none of that name.
std::optional<int> syscall_number(std::string_view name, bool is_64_bit);

}  // namespace drydock::parsers::audit_rules
