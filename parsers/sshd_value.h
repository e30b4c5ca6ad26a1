// The values of sshd_config(5), as servconf.c of OpenSSH takes them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/sshd_config.h"

namespace drydock::parsers::sshd_config {

// How many arguments the keyword takes on that line.
size_t most_arguments(const Keyword& keyword, const Line& line);

// Is it a comma-separated list of patterns of addresses that sshd takes? Networks such as 10.0.0.0/8 must have a prefix
// that their kind of address has, and only zeros behind it.
bool is_address_list(std::string_view list);

// A port by its number, or "ssh"; nullopt: none. 0 is one only if `or_zero`.
std::optional<std::string> port(std::string_view written, bool or_zero);

}  // namespace drydock::parsers::sshd_config
