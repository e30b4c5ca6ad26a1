// The paths whose accesses ought to be recorded, as data: rules ask for them by topic.
#pragma once

#include <string>
#include <vector>

#include "analyzer/facts/collect/audit_coverage.h"

namespace drydock::facts {

struct AuditInterest {
  std::string topic;    // "docker-daemon"
  std::string path;     // with a leading slash
  std::string kind;     // "file", "directory", "executable", "socket", "link", "command"
  std::string wanted;   // the accesses to record: "wa", "wax"; "x" of a command, by users only
  std::string because;  // what says that the path matters on this host
};

// Those that exist on this host, or will when its programs run (below /run), sorted by topic and path; a file
// that several names lead to comes once. Empty in a fragment.
std::vector<AuditInterest> audit_interests(Context& context, const AuditPaths& paths);

}  // namespace drydock::facts
