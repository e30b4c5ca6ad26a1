// Which units are enabled: what `systemctl --root=R list-unit-files` says, from the links of the
// host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

// systemctl(1) "is-enabled".
struct UnitState {
  std::string name;
  // "enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "masked", "masked-runtime",
  // "static", "indirect", "disabled", "generated", "transient", "bad"
  std::string_view state;
  // "enabled", "disabled" or "ignored" by systemd.preset(5); empty where systemctl shows none.
  std::string_view preset;
  std::string path;     // the file or link of that name that counts
  std::string because;  // the link or file that decides the state
  std::string target;   // of an alias or a linked unit: what the link leads to
  // The units whose .wants, .requires or .upholds directory holds a link of this name (or, of a
  // template, of an instance), sorted.
  std::vector<std::string> wanted_by;
};

// Every name of the search path, sorted. Reads every unit file for its [Install] section.
std::vector<UnitState> unit_states(const Tree& tree, const UnitFiles& units);

}  // namespace drydock::facts
