// What the Include lines of ssh_config(5) and sshd_config(5) name.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock {
class Tree;
}

namespace drydock::facts {

constexpr size_t kSshIncludedFiles = 1000;  // of one host; a tree of Includes can name far more

constexpr size_t kSshLines = 200'000;  // of one configuration with what it includes

// The block that a line stands in: one for all its lines, however long its header is. By address.
using SshBlock = const std::
    string*;  // "" outside of blocks, else the headers, joined with "and", at most kSshBlock
constexpr size_t kSshBlock = 400;  // bytes

class SshBlocks {
 public:
  static SshBlock none();
  // The block of this header, within another.
  SshBlock within(SshBlock outer, std::string_view header);

 private:
  std::map<std::pair<SshBlock, std::string>, std::string, std::less<>> blocks_;
};

// In the order of their texts.
struct SshBlockOrder {
  bool operator()(SshBlock a, SshBlock b) const {
    return a != b && (*a != *b ? *a < *b : std::less<>()(a, b));
  }
};

// The paths that an argument of Include stands for, as glob(3) gives them: wildcards in any component, sorted.
// "Files without absolute paths are assumed to be in /etc/ssh." Of more than kSshIncludedFiles, also on the way,
// the rest is left out and `is_cut` becomes true.
std::vector<std::string> ssh_included(const Tree& tree, std::string_view argument, bool& is_cut);

}  // namespace drydock::facts
