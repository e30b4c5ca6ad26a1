// The keys that systemd knows in the sections of unit files: systemd.directives(7).
#pragma once

#include <string_view>

namespace drydock::facts {

// Does some systemd up to version 258 know `key` in "[section]"? systemd skips what it does not
// know, and says so in the journal only.
bool is_unit_key(std::string_view section, std::string_view key);

// The key of the section that is most like `key`, at most two letters off; empty if none is.
std::string_view similar_unit_key(std::string_view section, std::string_view key);

// The section of a unit of that type ("service") to which the key belongs; empty if to none.
std::string_view section_of_unit_key(std::string_view type, std::string_view key);

}  // namespace drydock::facts
