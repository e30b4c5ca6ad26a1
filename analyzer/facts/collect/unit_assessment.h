// The 81 questions of `systemd-analyze security` (systemd 252) and their answers for one service.
// Weights and scales are systemd's; systemd-analyze(1), "systemd-analyze security".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/syscall_group.h"
#include "analyzer/facts/collect/unit_sandbox.h"

namespace drydock::facts {

struct Assessment {
  std::string_view id;    // "PrivateDevices": systemd's json_field
  std::string_view name;  // "PrivateDevices="
  unsigned weight = 0;
  unsigned range = 0;  // the badness that is worst
  // Asked only of services with DefaultDependencies=: others run before what it is about is there.
  bool default_dependencies_only = false;
  std::string_view risk;  // "the service may …": what a badness other than 0 means
};

std::span<const Assessment> assessments();

// The answer to one of them.
struct Assessed {
  bool applies = true;
  unsigned badness = 0;            // from 0, which is good, to the range
  std::string value;               // what is in force, in a few words
  const UnitLine* line = nullptr;  // the assignment that made it so; nullptr: the default
};

struct Exposure {
  std::vector<Assessed> answers;  // in the order of assessments()
  unsigned tenths = 0;            // 0 to 100: systemd prints 96 as 9.6
  // What one answer adds to the exposure, in tenths, rounded up as systemd prints it.
  unsigned share(size_t index) const;
  std::string_view band() const;  // "UNSAFE"

  unsigned weights = 0;  // of all that apply
};

Exposure assess(const Sandbox& sandbox, Machine machine);

// 96 -> "9.6"
std::string exposure_text(unsigned tenths);

}  // namespace drydock::facts
