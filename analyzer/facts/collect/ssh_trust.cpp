#include "analyzer/facts/collect/ssh_trust.h"

#include "analyzer/facts/collect/rows.h"

namespace drydock::facts {
SshTrust::SshTrust(Context& context) : is_debian_(context.tree().exists("etc/debian_version")) {
  const auto each = [&](std::string_view sql, auto use) { each_row(context, sql, use); };
  if (!is_debian_) return;
  each("SELECT gid, uid FROM account",
       [&](const Store::Row& row) { primary_[number(row[0])].insert(number(row[1])); });
  each("SELECT gid, name FROM account_group ORDER BY rowid",
       [&](const Store::Row& row) { groups_.try_emplace(number(row[0]), row[1].value_or("")); });
  each("SELECT gid, user, group_name FROM group_member WHERE via = 'group' ORDER BY rowid",
       [&](const Store::Row& row) {
         const auto group = groups_.find(number(row[0]));
         if (group != groups_.end() && group->second == row[2])
           members_[number(row[0])].push_back(row[1].value_or(""));
       });
}

// "The group in question must have exactly one member, namely the file's owner."
bool SshTrust::is_own_group(uint32_t gid, uint32_t uid, std::string_view name) const {
  if (!groups_.contains(gid)) return false;
  bool has_member = false;
  if (const auto primary = primary_.find(gid); primary != primary_.end()) {
    if (primary->second.size() != 1 || !primary->second.contains(uid)) return false;
    has_member = true;
  }
  if (const auto members = members_.find(gid); members != members_.end()) {
    if (members->second.size() != 1 || members->second[0] != name) return false;
    has_member = true;
  }
  return has_member;
}

bool SshTrust::is_trusted(const Stat& stat, uint32_t uid, std::string_view name) const {
  if (stat.uid != 0 && stat.uid != uid) return false;
  if ((stat.mode & 0002) != 0) return false;
  return (stat.mode & 0020) == 0 || (is_debian_ && is_own_group(stat.gid, uid, name));
}

}  // namespace drydock::facts
