// Who starts a unit: links, settings, sockets, timers, D-Bus; and whether that ever happens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/facts/collect/unit_files.h"

namespace drydock::facts {

struct UnitActivation {
  std::string unit;  // what is started: an instance, or the template of a socket with Accept=yes
  std::string by;    // the unit, or the bus name, that starts it
  // "wants-link", "requires-link", "upholds-link", "wants", "requires", "binds-to", "upholds",
  // "on-failure", "on-success", "socket", "timer", "path", "automount", "dbus", "sysv", "rc-local",
  // "kernel-argument"
  std::string_view how;
  // Whether `by` itself is started when the host boots to its default target, or can be from then
  // on; conditions (ConditionPathExists= and the like) are taken to hold.
  bool reached = false;
  std::string path;  // the link, unit file or bus service that says so
  Span span;
};

struct UnitActivations {
  std::vector<UnitActivation> all;  // sorted by unit, by, how and path
};

// Those of the context's target, computed at the first call. None in a fragment.
const UnitActivations& unit_activations(Context& context);

extern const TableSpec kUnitActivationTable;
extern const Collector kUnitActivationCollector;

// The files besides units that say what is started, and those that specifiers ask for.
inline constexpr std::string_view kActivationPaths[] = {"usr/share/dbus-1/system-services/*",
                                                        "usr/local/share/dbus-1/system-services/*",
                                                        "etc/dbus-1/system-services/*",
                                                        "usr/lib/dbus-1/system-services/*",
                                                        "etc/rc2.d/*",
                                                        "etc/rc3.d/*",
                                                        "etc/rc4.d/*",
                                                        "etc/rc5.d/*",
                                                        "etc/rcS.d/*",
                                                        "etc/init.d/*",
                                                        "etc/rc.local",
                                                        "etc/hostname",
                                                        "etc/machine-id",
                                                        "etc/os-release",
                                                        "usr/lib/os-release"};

}  // namespace drydock::facts
