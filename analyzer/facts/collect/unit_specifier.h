// systemd.unit(5) "SPECIFIERS".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/facts/collect/unit_files.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

// `text` with its specifiers replaced for a unit of the system manager. nullopt: it has one that
// only a running host can tell (the boot id, the instance of a bare template), or none that there
// is.
std::optional<std::string> expand_specifiers(const Tree& tree, const Unit& unit,
                                             std::string_view text);

// "foo\x2dbar-baz" -> "foo-bar/baz": systemd.unit(5) "STRING ESCAPING FOR INCLUSION IN UNIT NAMES".
std::string unescape_unit_name(std::string_view text);

}  // namespace drydock::facts
