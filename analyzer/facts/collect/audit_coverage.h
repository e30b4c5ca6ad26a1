// Does the loaded rule set record an access to a path? The kernel's own decision (kernel/auditsc.c), played
// through for every system call that can make such an access, on both architectures of x86.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect/audit_load.h"
#include "analyzer/facts/collect/audit_paths.h"

namespace drydock::facts {

// link: the symbolic link itself, not what it leads to.
enum class AuditSubject : uint8_t { file, directory, link };

struct AuditCoverage {
  // Every system call of the class is recorded, whoever makes it, whatever comes of it.
  bool write = false;
  bool attribute = false;
  bool read = false;
  bool execute = false;
  std::optional<AuditPlace> by;  // the first rule that records a part of it
  std::optional<AuditPlace>
      near;         // of what is not recorded: the rule that comes nearest, loaded or not
  std::string why;  // of what is not recorded: the reason, one clause
};

// `path` with a leading slash; a link is followed unless it is the subject. `wanted` ("wa",
// "wax" …) says which accesses `why` and `near` are about. `users_only`: accesses of daemons, which have no
// audit id, or one below 1000, need not be recorded.
AuditCoverage audit_coverage(const AuditLoad& load, const AuditPaths& paths,
                             const std::string& path, AuditSubject subject, std::string_view wanted,
                             bool users_only = false);

}  // namespace drydock::facts
