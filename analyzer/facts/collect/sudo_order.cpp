#include "analyzer/facts/collect/sudo_order.h"

#include <algorithm>

#include "parsers/account_files.h"

namespace drydock::facts {

namespace {

// Rules are compared for each group of a user.
constexpr size_t kGroupsOfUser = 64;
constexpr size_t kMemberships = 100'000;

}  // namespace

SudoOrder::SudoOrder(Context& context) {
  if (context.is_fragment()) return;
  size_t left = kMemberships;
  const auto join = [&](std::string_view user, std::string_view group, uint32_t gid) {
    if (left == 0) return;
    std::set<Text>& groups = groups_[text(user)];
    if (groups.size() >= 2 * kGroupsOfUser) return;
    --left;
    groups.insert(text("%" + std::string(group)));
    groups.insert(text("%#" + std::to_string(gid)));
  };
  std::map<uint32_t, std::string> by_gid;
  if (const auto file = context.read("etc/group"))
    for (const auto& group : parsers::account_files::parse_group(file->text).records) {
      by_gid[group.gid] = group.name;
      for (const auto& member : group.members) join(member.name, group.name, group.gid);
    }
  if (const auto file = context.read("etc/passwd"))
    for (const auto& user : parsers::account_files::parse_passwd(file->text).records)
      if (const auto group = by_gid.find(user.gid); group != by_gid.end())
        join(user.name, group->second, group->first);
}

std::vector<std::string_view> SudoOrder::groups_of(std::string_view user) const {
  std::vector<std::string_view> out;
  const auto known = texts_.find(user);
  const auto groups = known == texts_.end() ? groups_.end() : groups_.find(&*known);
  if (groups != groups_.end())
    for (const Text group : groups->second) out.emplace_back(*group);
  return out;
}

void SudoOrder::add(const SudoMatch& match) {
  const Words words{text(match.user),        text(match.hosts),
                    text(match.runas_users), text(match.runas_groups),
                    text(match.command),     match.arguments ? text(*match.arguments) : nullptr};
  if (!match.is_conditional) last_[words] = rules_.size();
  rules_.push_back({match.position, words});
}

SudoMatch SudoOrder::match(size_t index) const {
  const auto& [position, words] = rules_[index];
  SudoMatch out{position, *words[0], *words[1], *words[2], *words[3], *words[4], {}, false};
  if (words[5]) out.arguments = *words[5];
  return out;
}

std::optional<size_t> SudoOrder::taken_by(size_t index) const {
  const auto& [position, words] = rules_[index];
  const auto& [user, hosts, runas_users, runas_groups, command, arguments] = words;
  std::set<Text> users{user, all_};
  if (const auto groups = groups_.find(user); groups != groups_.end())
    users.insert(groups->second.begin(), groups->second.end());
  std::vector<std::pair<Text, Text>> commands{{command, arguments}, {command, nullptr}};
  // "list" is what `sudo -l` may show of others, and no command.
  if (*command != "list") commands.emplace_back(all_, nullptr);
  std::optional<size_t> taken;
  for (const Text by : users)
    for (const Text on : {hosts, all_})
      for (const Text as : {runas_users, all_})
        for (const Text in : {runas_groups, all_})
          for (const auto& [run, with] : commands) {
            const auto found = last_.find({by, on, as, in, run, with});
            if (found != last_.end() && rules_[found->second].position > position)
              taken = std::max(taken.value_or(0), found->second);
          }
  return taken;
}

}  // namespace drydock::facts
