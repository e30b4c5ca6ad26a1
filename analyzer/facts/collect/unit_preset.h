// systemd.preset(5): which units are to be enabled when they are installed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/tree.h"

namespace drydock::facts {

class UnitPresets {
 public:
  // Reads the *.preset files of the host. What cannot be read is left out.
  explicit UnitPresets(const Tree& tree);

  // "enabled", "disabled" or "ignored"; without a matching line "enabled".
  std::string_view of(std::string_view name) const;

 private:
  struct Rule {
    std::string pattern;
    std::vector<std::string> instances;  // of a template's "enable" line
    std::string_view verdict;
  };
  std::vector<Rule> rules_;  // the first that matches counts
};

}  // namespace drydock::facts
