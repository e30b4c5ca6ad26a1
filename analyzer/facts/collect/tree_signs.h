// One walk over the whole tree for all that must not be found anywhere in it, shared by the collectors of
// `exposed_file` and `privileged_file`. What runs in a container has users of its own and modes that say
// nothing about the host: the stores of container engines are left out, and so are the file systems of
// the kernel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

struct TreeSigns {
  struct Sign {
    std::string_view sign;  // as in exposed_file.sign
    std::string path;
    Stat info;
  };
  // A file with the set-user-ID bit, the set-group-ID bit of a program, or file capabilities.
  struct Privileged {
    std::string path;
    Stat info;
    std::string capability;  // struct vfs_cap_data of linux/capability.h, as it is stored; "": none
  };
  std::vector<Sign> signs;
  std::vector<Privileged> privileged;
  bool cut = false;  // there are more signs than kSigns

  static constexpr size_t kSigns = 50'000;
};

// Of a host; made once, or taken from what was begun before (look_ahead.h).
const TreeSigns& tree_signs(Context& context);

}  // namespace drydock::facts
