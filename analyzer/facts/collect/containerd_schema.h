// What containerd wants of its configuration: which keys it knows and of what type.
#pragma once

#include <optional>
#include <string>

#include "parsers/toml.h"

namespace drydock::facts {

struct ContainerdMistake {
  std::string_view kind;  // as in the table containerd_config_problem
  std::string message;
};

// What is wrong with one setting by itself; nullopt: nothing. `version` is that of the whole configuration.
std::optional<ContainerdMistake> containerd_mistake(const parsers::toml::Entry& entry, int version);

// Whether a key stands in one of containerd's own sections, where an empty value of an import or against a
// default counts as none: not in one of a plugin, a proxy plugin, a stream processor or among the timeouts.
bool is_containerd_own(const parsers::toml::Entry& entry);

}  // namespace drydock::facts
