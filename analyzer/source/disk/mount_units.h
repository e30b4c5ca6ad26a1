// .mount units as a host has them at rest: systemd.mount(5), systemd.unit(5).
#pragma once

#include <string>
#include <vector>

#include "analyzer/source/disk/mounts.h"
#include "analyzer/source/tree.h"

namespace drydock {

// Which units something wants: a link of that name in a .wants or .requires directory, or one of its automount
// unit. systemctl(1) "enable" makes them.
class MountUnits {
 public:
  explicit MountUnits(const Tree& tree);

  // The units of `directory` that are enabled, with their drop-ins. A unit that is a link to /dev/null is
  // masked: it has a target and no source, and nothing else is mounted there. `why` is set when a file
  // cannot be read.
  std::vector<MountWish> wishes(const std::string& directory, std::string& why) const;

  // What the drop-ins of its unit make of a mount: last assignments count. The units that
  // systemd-fstab-generator(8) makes of fstab have drop-ins too.
  void apply_drop_ins(MountWish& wish, std::string& why) const;

 private:
  bool is_enabled(const std::string& unit) const;

  const Tree& tree_;
  std::vector<std::string> wanted_;  // sorted
  std::vector<std::string>
      drop_ins_;  // directories of drop-ins of mounts; those that count more first
};

// systemd-escape(1) --path: "var/lib" -> "var-lib", what a unit's name cannot hold as \xNN; the root is "-".
std::string escaped_path(std::string_view path);
// The other way.
std::string unescaped_path(std::string_view name);
// Decodes \xNN, as udev and systemd write it.
std::string without_escapes(std::string_view name);

// A file that may be there and could not be read sets `why`.
TreeResult<std::string_view> read_of_host(const Tree& tree, const std::string& path,
                                          std::string& why);

}  // namespace drydock
