// Which rules of a catalogue are run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/engine/catalogue.h"

namespace drydock::engine {

struct Selection {
  std::vector<std::string> profiles = {};  // empty: the default ones, see default_profiles()
  // Ids, former ids or globs ("sysctl-*"); not empty: these, whatever their profile.
  std::vector<std::string> rules = {};
  std::vector<std::string> disabled = {};           // ids, former ids or globs
  std::optional<Severity> at_least = std::nullopt;  // this severity or a graver one
};

// What runs when nobody says anything: base, server, container-host and cis-docker. Rules about
// containers decide by their own `applies` that they are not applicable elsewhere.
const std::vector<std::string>& default_profiles();

// Every profile that a rule of the catalogue names, and "all"; sorted.
std::vector<std::string> profiles_of(const Catalogue& catalogue);

// The selected rules, sorted by id; may be empty. A profile, rule or glob that names nothing is an
// error that says what was probably meant.
Result<std::vector<std::shared_ptr<const Rule>>> select(const Catalogue& catalogue,
                                                        const Selection& selection);

}  // namespace drydock::engine
