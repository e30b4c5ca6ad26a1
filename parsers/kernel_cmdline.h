// The command line of a Linux kernel, as the kernel splits it (lib/cmdline.c, next_arg; kernel documentation,
// "The kernel's command-line parameters").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::parsers::kernel_cmdline {

struct Argument {
  std::string
      name;  // '-' as '_', which the kernel takes for the same: "slab_nomerge", "module.sig_enforce"
  std::string value;  // without quotes; empty if there is none
  bool has_value = false;
  size_t begin = 0, end = 0;  // in the text
  size_t value_begin = 0,
         value_end = 0;  // the value, with quotes; empty behind the name if there is none
};

// The arguments in their order, up to a "--" of its own, behind which they are init's.
std::vector<Argument> split(std::string_view text);

}  // namespace drydock::parsers::kernel_cmdline
