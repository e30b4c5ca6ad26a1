// What changed in sshd's own behaviour from release to release.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/sshd_default.h"

namespace drydock::facts {

struct SshdRelease {
  int number = 902;           // 902 for 9.2
  bool is_red_hat_7 = false;  // RHEL 7 and what is built from it: 7.4 with defaults of its own
};

// Of a package's version: "1:9.2p1-2+deb12u7", "8.7p1-43.el9", "9.7_p1-r4". What has no number is 9.2.
SshdRelease sshd_release(std::string_view package_version);

// Of the package installed on the host; 9.2 where the package database names none.
SshdRelease sshd_release(Context& context);

// Every keyword with a default in that release; those that list several things (HostKey) one by one.
std::vector<SshdDefault> sshd_defaults(const SshdRelease& release);

// The list of algorithms that a written value stands for: "+a,b" behind the default of the keyword, "^a"
// before it, "-a*" without what the patterns match; else as it is written (sshd_config(5), "Ciphers").
std::string sshd_algorithms(std::string_view keyword, std::string_view written,
                            const SshdRelease& release);

}  // namespace drydock::facts
