// Does the loaded rule set record a system call, whatever file it is about? Changes of permissions, deletions,
// accesses that were refused, modules, mounts, the clock, the host's names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/audit_load.h"

namespace drydock::facts {

struct AuditEvent {
  std::string_view topic;  // "permission-change", "denied-access", …
  std::string_view syscall;
  bool users_only =
      false;  // only those who logged in count: an audit id of 1000 or above that is set
  bool denied_only = false;             // only calls that end with EACCES or EPERM count
  bool recorded = false;                // all of them, of 64-bit and 32-bit programs
  std::string why = {};                 // of what is not recorded: one clause
  std::optional<AuditPlace> by = {};    // the first rule that records a part of it
  std::optional<AuditPlace> near = {};  // of what is not recorded: the rule that comes nearest
};

// Each system call of interest, in a fixed order.
std::vector<AuditEvent> audit_events(const AuditLoad& load);

}  // namespace drydock::facts
