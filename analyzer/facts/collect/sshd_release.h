// What changed in sshd's own behaviour from release to release.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/sshd_default.h"

namespace drydock::facts {

struct SshdRelease {
  int number = 902;           // 902 for 9.2
  bool is_red_hat_7 = false;  // RHEL 7 and what is built from it: 7.4 with defaults of its own
  bool is_known = false;      // a package says so
  // Whose patches it may have, by the package manager: dpkg, rpm, apk.
  enum class Vendor : uint8_t { other, debian, red_hat, alpine } vendor = Vendor::other;
};

// Of a package's version: "1:9.2p1-2+deb12u7", "8.7p1-43.el9", "9.7_p1-r4". What has no number is 9.2.
SshdRelease sshd_release(std::string_view package_version);

// Of the package installed on the host; 9.2 where the package database names none.
SshdRelease sshd_release(Context& context);

// Every keyword with a default in that release; those that list several things (HostKey) one by one.
std::vector<SshdDefault> sshd_defaults(const SshdRelease& release);

// Why sshd of that release refuses a keyword that another knows, as it is written in small letters: "OpenSSH 9.2 does
// not know it"; empty: it does not, or which release it is cannot be told.
std::string sshd_keyword_refused(std::string_view written, const SshdRelease& release);

}  // namespace drydock::facts
