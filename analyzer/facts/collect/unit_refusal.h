// Settings and units that systemd does not accept.
#pragma once

#include <optional>
#include <string>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

// Whether systemd stops reading at this assignment, and why: most mistakes it skips, these not
// (a program without absolute path, a name no account can have, a relative RootDirectory= …). In a
// unit file that makes the unit unusable; of a drop-in the rest is left out.
std::optional<std::string> fatal_setting(const Tree& tree, const Unit& unit,
                                         const parsers::unit::Assignment& line);

// Why systemd refuses a unit whose file it could read ("bad-setting" of systemctl), in words:
// a fatal setting, or of a service what systemd.service(5) demands. nullopt: it does not.
std::optional<std::string> refusal(const Unit& unit);

}  // namespace drydock::facts
