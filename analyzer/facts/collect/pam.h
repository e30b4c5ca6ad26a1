// Who is let in, and after which checks: the stacks of Linux-PAM, pam.d(5), pam.conf(5).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/pam_stack.h"

namespace drydock::facts {

extern const TableSpec kPamLineTable;
extern const TableSpec kPamTable;
extern const TableSpec kPamStackTable;
extern const TableSpec kPamOptionTable;
extern const Collector kPamCollector;

// What libpam makes of the files of a target.
struct PamConfig {
  struct Source {
    std::string path;  // as it is named
    std::string real;  // with links followed: what places name
    parsers::pam_conf::File file;
  };
  struct Service {
    std::string name;
    std::string path;                               // its own file, real
    std::array<std::vector<PamHandler>, 4> stacks;  // by Type; includes expanded
    std::array<bool, 4> is_partial{};               // an include could not be followed here
    bool is_void = false;                           // a file ends in mid-line: libpam refuses
  };
  std::map<std::string, std::unique_ptr<const Source>> sources;  // by path as it is named
  std::vector<Service> services;                                 // sorted by name

  const Service* other = nullptr;  // the one that stands in where a service has no line of a type
};

// Reads the files of the target; syntax errors become issues of the running collector.
PamConfig load_pam(Context& context);

}  // namespace drydock::facts
