// What sshd does where sshd_config is silent.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace drydock::facts {

struct SshdDefault {
  std::string_view keyword;  // in lower case
  std::string_view value;    // as `sshd -T` of OpenSSH 9.2 on Debian prints it
};

// Every keyword with a default; those that list several things (HostKey) one by one.
std::span<const SshdDefault> sshd_defaults();

// The list of algorithms that a written value stands for: "+a,b" behind the default of the keyword, "^a"
// before it, "-a*" without what the patterns match; else as it is written (sshd_config(5), "Ciphers").
std::string sshd_algorithms(std::string_view keyword, std::string_view written);

}  // namespace drydock::facts
