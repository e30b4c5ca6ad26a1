// How systemd makes mounts of lines of fstab(5) and of units: systemd-fstab-generator(8), systemd.mount(5).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect/unit_files.h"

namespace drydock::facts {

// systemd-escape(1) --path, without a suffix: "/var/my-log" -> "var-my\x2dlog", "/" -> "-".
std::string escape_path(std::string_view path);
// The same for any text: letters, digits and the characters `plain` stay, '/' becomes '-', the rest "\xNN".
std::string escape_name(std::string_view text, std::string_view plain);
// The way back.
std::string unescape_path(std::string_view name);

// What the options of a line ask of systemd. It splits them at commas that no backslash precedes and knows no
// quotes, other than mount(8); of noauto and auto the last one counts.
struct LineWishes {
  bool noauto = false;
  bool automount =
      false;           // x-systemd.automount, or comment=systemd.automount as it was called once
  bool named = false;  // x-systemd.wanted-by= or required-by=: another unit pulls it in
  // Mounted at boot or on first access.
  bool at_boot() const { return !noauto || automount || named; }
};
LineWishes line_wishes(std::string_view options);

// A mount point for which systemd makes no unit, whatever fstab says: it mounts it by itself (/proc, /dev/shm …;
// those are remounted with the options of their line), or leaves it to the kernel.
bool is_api_mount_point(std::string_view path);
bool is_ignored_mount_point(std::string_view path);

// What the command line of the kernel that boots by default asks of systemd-fstab-generator(8): fstab=, systemd.swap=.
struct FstabSwitches {
  bool fstab = true;  // false: the lines of fstab are ignored
  bool swap = true;   // false: no line of fstab makes swap space
};
FstabSwitches fstab_switches(Context& context);

// The names of mount, automount and swap units for which there is a link in a .wants or .requires directory of the
// search path.
std::set<std::string> pulled_in_mounts(const Tree& tree, const UnitFiles& files);

}  // namespace drydock::facts
