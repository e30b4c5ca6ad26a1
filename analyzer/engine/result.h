// The one result model: what every report is written from. Versioned as docs/report.schema.json.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/diagnostic.h"
#include "analyzer/base/scope.h"
#include "analyzer/base/span.h"
#include "analyzer/engine/rule.h"

namespace drydock::engine {

enum class Outcome : uint8_t { pass, fail, not_applicable, unknown };
std::string_view name(Outcome outcome);  // "pass", "fail", "not-applicable", "unknown"

struct Place {
  std::string
      path;   // tree path: "etc/ssh/sshd_config"; reports put the target or the prefix before it
  Span span;  // line 0: the file as a whole
};

// Another place that explains a finding: what was overridden, what it depends on.
struct Related {
  Place place;
  std::string message;  // "overridden value 'no': first value wins"
};

// A machine-applicable change: replace the text at `place` (a value) by `text`.
struct Edit {
  Place place;
  std::string text;
  std::string description;  // "Set net.ipv4.ip_forward to 0."
};

// One failing place of one rule.
struct Finding {
  Place place;
  std::string message;  // whole sentences; names what was found and what was wanted
  std::string key;      // the logical name: "net.ipv4.ip_forward", "user:alice"; may be empty
  bool absent = false;  // something is missing: `place` is the anchor where it belongs
  std::vector<Related> related;
  std::optional<Edit> edit;
  // sha256 in hex of v1 \0 rule \0 target \0 path \0 key \0 discriminator: no line number, no
  // value; unique in a report.
  std::string identity;
};

struct RuleResult {
  std::shared_ptr<const Rule> rule;
  Outcome outcome = Outcome::pass;
  std::string reason;             // of not_applicable and unknown: one sentence
  std::vector<Finding> findings;  // of fail, sorted by place; never empty then
  // It was not judged to the end: a file that it depends on was not read, its time was up.
  bool incomplete = false;
};

// What reports may show of a file that findings point to.
struct FileEvidence {
  std::string artifact_path;        // path inside the artifact: "rootfs/etc/fstab"
  std::optional<std::string> text;  // content, if it could be read and is text
  bool sensitive = false;           // shadow, private keys: never shown, not even a line
  uint64_t size = 0;
};

struct TargetResult {
  std::string name;
  Scope scope = Scope::host;
  std::string scope_reason;
  std::string prefix;
  std::vector<std::string> traits;      // names that hold: "docker", "container-host"
  std::vector<RuleResult> rules;        // sorted by rule id
  std::vector<Diagnostic> diagnostics;  // files not read or not parsed
  std::map<std::string, FileEvidence>
      files;  // by tree path: every file a finding or diagnostic names
};

struct ScanResult {
  std::string tool_version;
  std::string artifact_path;  // as given
  std::string artifact_name;  // file name or directory name, no path: safe to print in a report
  std::string artifact_format;
  uint64_t artifact_size = 0;
  // Paths of findings in reports: repository scans give paths relative to the checkout
  // (`repository_path` + artifact path); all others "<target>/<path in the target>".
  bool paths_in_repository = false;
  std::string repository_path;
  bool complete = true;
  std::vector<std::string> profiles;
  std::vector<TargetResult> targets;
  std::vector<Diagnostic> diagnostics;  // of the artifact and of the configuration
  int exit_code = 0;
  std::string exit_reason;  // "findings at or above high"
};

}  // namespace drydock::engine
