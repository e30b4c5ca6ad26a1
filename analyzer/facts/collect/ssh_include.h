// What the Include lines of ssh_config(5) and sshd_config(5) name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drydock {
class Tree;
}

namespace drydock::facts {

constexpr size_t kSshIncludedFiles = 1000;  // of one host; a tree of Includes can name far more

constexpr size_t kSshLines = 200'000;  // of one configuration with what it includes

// The paths that an argument of Include stands for, as glob(3) gives them: wildcards in any component, sorted.
// "Files without absolute paths are assumed to be in /etc/ssh." Of more than kSshIncludedFiles, also on the way,
// the rest is left out and `is_cut` becomes true.
std::vector<std::string> ssh_included(const Tree& tree, std::string_view argument, bool& is_cut);

}  // namespace drydock::facts
