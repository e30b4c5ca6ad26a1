// Which values systemd's daemons take: of others journald.conf(5) and logind.conf(5) say nothing, the daemons say
// "ignoring" and keep the value before.
#pragma once

#include <string_view>

namespace drydock::facts {

// True for settings whose values are not known here.
bool daemon_takes(std::string_view program, std::string_view key, std::string_view value);

}  // namespace drydock::facts
