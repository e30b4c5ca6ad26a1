// The names of algorithms that OpenSSH knows, by release.
#pragma once

#include <string>
#include <string_view>

#include "analyzer/facts/collect/sshd_release.h"

namespace drydock::facts {

// The list of algorithms that a written value stands for: "+a,b" behind the default of the keyword, "^a"
// before it, "-a*" without what the patterns match; else as it is written. Patterns become the names of keys that they
// match (sshd_config(5), "Ciphers", "PubkeyAcceptedAlgorithms").
std::string sshd_algorithms(std::string_view keyword, std::string_view written,
                            const SshdRelease& release);

// The first name in a written value for which OpenSSH of that release refuses it; empty: it takes the value. Where the
// release is not known, only what none knew is refused.
std::string sshd_algorithm_refused(std::string_view keyword, std::string_view written,
                                   const SshdRelease& release);

}  // namespace drydock::facts
