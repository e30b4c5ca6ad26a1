// What the paths of audit rules mean at the moment auditctl loads them: early at boot, after the local file
// systems are mounted and systemd-tmpfiles has run, before any other service.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "analyzer/facts/collect.h"
#include "parsers/audit_rules.h"

namespace drydock::facts {

// Which program hands the rules to the kernel when the host starts.
struct AuditStart {
  std::string loader;  // "augenrules", "auditctl"; "none": nothing of the kind is started
  std::string file;    // of auditctl: the file of -R, as a tree path; empty: not given
  std::string why;     // what decided: "auditd.service runs '/sbin/augenrules --load'"
  bool loads =
      true;  // false: the program is started without --load or -R, or is not started at all
};
AuditStart audit_start(Context& context);

class AuditPaths {
 public:
  explicit AuditPaths(Context& context);

  // Does -w (auditctl looks with stat(2)) or -F dir= make a rule for a whole tree?
  bool is_tree(const parsers::audit_rules::Rule& rule) const;

  // Why the kernel refuses the rule for one of its paths, which it looks up without following a link in the
  // last component: a watch needs the directory above it, a tree the directory itself. Empty: it does not,
  // or it cannot be told (the artifact may lack file systems that the host mounts).
  std::string refusal(const parsers::audit_rules::Rule& rule) const;

  // The path that the kernel takes: links followed but for the last component, without a leading slash.
  std::string real(std::string_view path, bool follow_last) const;

  // A symbolic link in the last component.
  bool is_link(std::string_view path) const;

  // Below a directory that is made anew at every boot: what is there when the rules are loaded is not what
  // is there later.
  bool is_volatile(std::string_view path) const;

  // False only if the host is known to be of another architecture.
  bool is_x86() const { return is_x86_; }

 private:
  enum class Answer : uint8_t { yes, no, unknown };
  Answer exists(std::string_view path, bool directory) const;

  const Context& context_;
  std::set<std::string> tmpfiles_;  // directories that tmpfiles.d(5) makes below /run
  std::set<std::string> mounts_;    // mount points of fstab
  bool is_x86_ = true;
};

}  // namespace drydock::facts
