// Which files ssh and sshd trust: nobody but their owner and root may write them.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/source/tree.h"

namespace drydock::facts {

class SshTrust {
 public:
  // From the tables `account`, `account_group` and `group_member`.
  explicit SshTrust(Context& context);

  // Does it belong to the user or root, and may nobody else write it? Debian's lets in a group that has no other
  // member (user-group-modes.patch).
  bool is_trusted(const Stat& stat, uint32_t uid, std::string_view name) const;

 private:
  bool is_own_group(uint32_t gid, uint32_t uid, std::string_view name) const;

  bool is_debian_ = false;
  std::map<uint32_t, std::string> groups_;                // the first name of an id
  std::map<uint32_t, std::vector<std::string>> members_;  // the list in group(5)
  std::map<uint32_t, std::set<uint32_t>> primary_;        // who has it in passwd(5)
};

}  // namespace drydock::facts
