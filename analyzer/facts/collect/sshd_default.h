// What sshd does where sshd_config is silent.
#pragma once

#include <span>
#include <string_view>

namespace drydock::facts {

struct SshdDefault {
  std::string_view keyword;  // in lower case
  std::string_view value;    // as `sshd -T` of OpenSSH 9.2 on Debian prints it
};

// Every keyword with a default in OpenSSH 9.2 or later; those that list several things (HostKey) one by one. For other
// releases see sshd_release.h.
std::span<const SshdDefault> sshd_defaults();

}  // namespace drydock::facts
