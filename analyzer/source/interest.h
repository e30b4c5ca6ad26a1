// Which files somebody will want to read. An archive is read once, front to back, so the wish list must
// be known before: whatever is not on it is remembered as metadata only.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace drydock {

// A set of path patterns relative to a root: "etc/fstab", "etc/sysctl.d/*.conf",
// "usr/lib/systemd/system/**". '*' and '?' stay inside one component, "**" as the last component
// matches everything below.
class Interest {
 public:
  void add(std::string_view pattern);
  // A pattern for loose files, matched at the end of a path on component borders: "sshd_config",
  // "audit/rules.d/*.rules", "*.service".
  void add_loose(std::string_view pattern);

  // Does any pattern match `path` itself, taken as relative to a root?
  bool matches(std::string_view path) const;

  // Does any pattern match `path`, some tail of it ("rootfs/etc/fstab", "a/b/etc/fstab"), or
  // "etc/" + path (an archive made inside /etc)? Loose patterns count too. It errs on the side of yes:
  // the root is known only after the last entry.
  bool may_match(std::string_view path) const;

  // Only the loose patterns, at the end of `path`.
  bool matches_loose(std::string_view path) const;

 private:
  std::unordered_map<std::string, std::vector<std::string>> by_first_;  // first component -> patterns
  std::vector<std::string> any_first_;                                  // first component has a wildcard
  std::vector<std::string> loose_;
};

}  // namespace drydock
