// The words that sandboxing settings of units take.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock::facts {

// The bit of "CAP_SYS_ADMIN" (capabilities(7)), in any case; 0 for what is none.
uint64_t capability_bit(std::string_view name);
// The same for a name or a number as strtol(3) with base 0 reads it.
uint64_t capability_of(std::string_view word);

// The usual name of an address family (address_families(7)): "af_local" -> "AF_UNIX"; empty for
// what is none.
std::string_view address_family(std::string_view word);

// CLONE_NEW… (namespaces(7)) of "user", "mnt" and so on; 0 for what is none.
uint32_t namespace_bit(std::string_view name);
inline constexpr uint32_t kAllNamespaces = 0x7e020080;

// "native", "x86-64" …: what SystemCallArchitectures= takes.
bool is_architecture(std::string_view word);

// errno(3): a name, a number; or "kill".
bool is_error_name(std::string_view word);

}  // namespace drydock::facts
