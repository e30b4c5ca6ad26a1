// What the kernels of a host are told about its mounts, as far as all entries of its boot loader agree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/tree.h"

namespace drydock {

struct BootArguments {
  std::string root =
      {};  // "root=" as fstab(5) names a device; empty: not said, or not by all alike
  bool gpt_auto =
      true;  // false: "systemd.gpt_auto=no" (systemd-gpt-auto-generator(8)) in all of them
};

// The command lines in a directory that is, or may be, a boot partition ("boot"; "" for a volume of its own):
// grub.cfg, the entries of the Boot Loader Specification, and unified kernel images.
void add_command_lines(const Tree& tree, std::string_view directory,
                       std::vector<std::string>& lines);

// What all the lines say. No line: what holds without any.
BootArguments boot_arguments(const std::vector<std::string>& lines);

}  // namespace drydock
