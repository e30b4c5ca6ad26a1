// The settings of sudoers(5), section "SUDOERS OPTIONS": which there are, and what they take.
#pragma once

#include <optional>
#include <string>

#include "parsers/sudoers.h"

namespace drydock::parsers::sudoers {

// Why sudo leaves a setting out, as visudo(8) would say it; the other settings of its line count. Codes:
//   unknown-default  no setting of that name, in sudo up to 1.9.17
//   bad-default      it takes no value, needs one, is no flag, or not one of its values
// nullopt: it counts.
std::optional<SyntaxError> mistake_of(const Setting& setting);

// A time as TIMEOUT= and command_timeout take it: "90", "1d2h30m10s", from the largest unit to the smallest.
bool is_timeout(std::string_view value);

}  // namespace drydock::parsers::sudoers
