// Which audit rules the kernel holds when the host has started: augenrules(8) joins /etc/audit/rules.d,
// auditctl(8) -R carries the result out line by line.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "parsers/audit_rules.h"

namespace drydock::facts {

// A place of the file somebody wrote, not of the file that augenrules makes of it.
struct AuditPlace {
  std::string path;
  Span span;
};

struct AuditRule {
  parsers::audit_rules::Rule rule;
  AuditPlace place;
  size_t order = 0;  // in which auditctl sends the rules
  // -w and -F dir= on a directory: the rule holds for all below it. Else for one inode.
  bool is_tree = false;
  bool is_loaded = false;
  std::string why_not_loaded;
  std::optional<AuditPlace> stopped_at;  // the line that made auditctl stop before this one
};

struct AuditControl {
  std::string value;
  AuditPlace place;        // of the line
  AuditPlace value_place;  // of the value alone
};

struct AuditLine {
  std::string path;
  std::string command;  // parsers::audit_rules::name(Kind)
  std::string text;
  bool is_loaded = false;
  std::string why_not_loaded;
  Span span;
};

// Everything about the loading that tables say.
struct AuditLoad {
  std::string loader;              // "augenrules", "auditctl", "none"; empty in a fragment
  std::string loader_why;          // what says so
  bool loads = true;               // false: the host starts without them (AuditStart::loads)
  std::vector<std::string> files;  // that are read, in order
  std::vector<AuditRule> rules;    // loaded or not, in the order of the kernel's lists
  std::map<std::string, AuditControl> control;  // "enabled", "failure", …: what is in force
  std::vector<AuditLine> lines;                 // of every file, whether it is read or not
  std::optional<AuditPlace> stop;               // the line at which auditctl gives up
  std::string stop_why;
};

// Reads and simulates. Records syntax errors and overridden controls (table `control_table`).
AuditLoad load_audit_rules(Context& context, const TableSpec& control_table);

// ls(1) -v: numbers in names compare as numbers. True if `a` comes before `b`.
bool version_less(std::string_view a, std::string_view b);

}  // namespace drydock::facts
