// What the command line of the kernel that boots by default asks of systemd about units: systemd-debug-generator(8),
// kernel-command-line(7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/span.h"
#include "analyzer/facts/collect.h"

namespace drydock::facts {

struct KernelUnit {
  std::string name;
  std::string path;  // of the file that has the argument
  Span span;
};

struct KernelUnits {
  std::vector<KernelUnit> masked;  // systemd.mask=
  std::vector<KernelUnit> wanted;  // systemd.wants=, systemd.debug_shell
  std::vector<KernelUnit>
      target;  // systemd.unit=, "single", "3" …: none, or the one that is started
};
KernelUnits kernel_units(Context& context);

// systemd.unit(5), unit_name_mangle(): the unit that a word means. "ssh" -> "ssh.service", "/srv" -> "srv.mount".
std::string mangled_unit_name(std::string_view word);

}  // namespace drydock::facts
