// servconf.c, match.c, auth.c and misc.c of OpenSSH.
#include "analyzer/facts/collect/ssh_user.h"

#include <algorithm>

#include "analyzer/facts/collect/rows.h"
#include "parsers/ssh_config.h"
#include "parsers/sshd_config.h"

namespace drydock::facts {
namespace {

using parsers::ssh_config::matches;

std::string octal(uint32_t mode) {
  std::string out;
  for (int shift = 9; shift >= 0; shift -= 3) out += static_cast<char>('0' + (mode >> shift & 7));
  return out;
}

template <class Each>
void each_word(std::string_view list, char separator, Each each) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(separator, begin), list.size());
    if (end > begin) each(list.substr(begin, end - begin));
    begin = end + 1;
  }
}

// match_pattern_list(): 1 a pattern matches, -1 one with a '!' does, 0 none.
int match_list(std::string_view text, const std::vector<std::string>& patterns) {
  int found = 0;
  for (std::string_view pattern : patterns) {
    const bool is_negated = pattern.starts_with('!');
    if (is_negated) pattern.remove_prefix(1);
    if (!matches(pattern, text)) continue;
    if (is_negated) return -1;
    found = 1;
  }
  return found;
}

}  // namespace

SshUsers::SshUsers(Context& context) : context_(context), trust_(context) {
  const auto each = [&](std::string_view sql, auto use) { each_row(context, sql, use); };
  each("SELECT name, uid, gid, home, shell, password_state, is_first FROM account ORDER BY name",
       [&](const Store::Row& row) {
         SshUser user{.name = row[0].value_or(""),
                      .home = row[3].value_or(""),
                      .shell = row[4].value_or(""),
                      .uid = number(row[1]),
                      .gid = number(row[2]),
                      .is_locked = row[5] == "locked"};
         if (row[6] != "1") return;
         gids_[user.name].insert(user.gid);
         users_.push_back(std::move(user));
       });
  each("SELECT gid, name FROM account_group ORDER BY rowid",
       [&](const Store::Row& row) { groups_.try_emplace(number(row[0]), row[1].value_or("")); });
  each("SELECT user, gid FROM group_member WHERE via = 'group'",
       [&](const Store::Row& row) { gids_[row[0].value_or("")].insert(number(row[1])); });
  each(
      // "+ 0": the number of the location, not its text.
      "SELECT s.keyword, s.value, s.context, s.loc + 0 FROM sshd s LEFT JOIN (SELECT keyword, "
      "context, min(ordinal) AS place FROM sshd_line GROUP BY keyword, context) l ON l.keyword = "
      "s.keyword AND l.context = s.context WHERE s.keyword IN "
      "('authorizedkeysfile', 'strictmodes', 'pubkeyauthentication', 'permitrootlogin', 'usepam', "
      "'allowusers', 'denyusers', 'allowgroups', 'denygroups', 'authenticationmethods', "
      "'pubkeyacceptedalgorithms', 'requiredrsasize', 'revokedkeys', 'chrootdirectory') "
      "ORDER BY s.context = '', l.place, s.rowid",
      [&](const Store::Row& row) {
        const std::string& keyword = *row[0];
        const auto* known = parsers::sshd_config::keyword(keyword);
        std::vector<Row>& rows = rows_[keyword];
        const std::string value = row[1].value_or(""), where = row[2].value_or("");
        if (known && known->accumulates && !rows.empty() && rows.back().context == where) {
          rows.back().value += " " + value;
          return;
        }
        std::optional<LocationId> loc;
        if (row[3]) loc = LocationId(std::strtoll(row[3]->c_str(), nullptr, 10));
        rows.push_back({value, where, loc});
      });
}

SshUsers::Truth SshUsers::holds(const std::string& context, const SshUser& user) const {
  Truth all = Truth::yes;
  for (size_t begin = 0; begin < context.size();) {
    constexpr std::string_view kAnd = " and ";
    const size_t end = std::min(context.find(kAnd, begin), context.size());
    const std::string header = context.substr(begin, end - begin);
    auto known = headers_.find(header);
    if (known == headers_.end())
      known = headers_.emplace(header, parsers::sshd_config::parse("Match " + header + "\n")).first;
    const auto& file = known->second;
    begin = end == context.size() ? end : end + kAnd.size();
    // A header that was cut, or that has such a word in it.
    if (file.matches.empty() || !file.errors.list().empty() || context.ends_with("...") ||
        context.find("…") != std::string::npos) {
      all = Truth::unknown;
      continue;
    }
    for (const auto& criterion : file.matches[0].criteria) {
      if (criterion.attribute == "all") continue;
      if (criterion.attribute == "invalid-user") return Truth::no;
      if (criterion.attribute == "user") {
        if (!may_go_on(criterion.patterns.size())) return Truth::unknown;
        if (match_list(user.name, criterion.patterns) != 1) return Truth::no;
      } else if (criterion.attribute == "group") {
        bool is_one = false;
        const auto gids = gids_.find(user.name);
        if (gids != gids_.end())
          for (const uint32_t gid : gids->second) {
            if (!may_go_on(criterion.patterns.size())) return Truth::unknown;
            const auto group = groups_.find(gid);
            const int found =
                group == groups_.end() ? 0 : match_list(group->second, criterion.patterns);
            if (found < 0) return Truth::no;
            is_one |= found > 0;
          }
        if (!is_one) return Truth::no;
      } else {
        all = Truth::unknown;
      }
    }
  }
  return all;
}

std::vector<SshdValue> SshUsers::values(std::string_view keyword, const SshUser& user) const {
  std::vector<SshdValue> out;
  const auto rows = rows_.find(keyword);
  if (rows == rows_.end()) return out;
  const auto* known = parsers::sshd_config::keyword(keyword);
  const bool adds = known && known->accumulates;
  SshdValue sure;
  bool is_in_block = false;
  for (const Row& row : rows->second) {
    if (!may_go_on()) break;
    // What blocks say takes the place of the global part.
    if (adds && row.context.empty() && is_in_block) break;
    const Truth truth = row.context.empty() ? Truth::yes : holds(row.context, user);
    if (truth == Truth::no) continue;
    if (!adds || truth == Truth::unknown) {
      out.push_back({row.value, truth == Truth::unknown ? row.context : "", row.loc});
      if (truth == Truth::yes) break;
      continue;
    }
    is_in_block |= !row.context.empty();
    sure.value += (sure.value.empty() ? "" : " ") + row.value;
    sure.loc = row.loc;
  }
  if (!adds) return out;
  // One that may hold adds to those that do.
  if (is_in_block)
    for (SshdValue& one : out) one.value += " " + sure.value;
  out.push_back(std::move(sure));
  return out;
}

bool SshUsers::is_group_member(std::string_view pattern, const SshUser& user) const {
  const auto gids = gids_.find(user.name);
  return gids != gids_.end() && std::ranges::any_of(gids->second, [&](uint32_t gid) {
           const auto group = groups_.find(gid);
           return group != groups_.end() && matches(pattern, group->second);
         });
}

// Is the user on one of the lists? From some hosts only: unknown.
SshUsers::Truth SshUsers::is_listed(std::string_view list, std::string_view keyword,
                                    const SshUser& user) const {
  // Of a very long one the table has no more than the begin.
  Truth out = list.find("\u2026") == std::string_view::npos ? Truth::no : Truth::unknown;
  const bool is_of_groups = keyword.ends_with("groups");
  const auto gids = gids_.find(user.name);
  const size_t cost = is_of_groups && gids != gids_.end() ? gids->second.size() : 1;
  each_word(list, ' ', [&](std::string_view pattern) {
    if (!may_go_on(cost)) return;
    if (is_of_groups) {
      if (is_group_member(pattern, user)) out = Truth::yes;
      return;
    }
    const size_t at = pattern.rfind('@');
    if (!matches(pattern.substr(0, at), user.name)) return;
    if (at == std::string_view::npos)
      out = Truth::yes;
    else if (out == Truth::no)
      out = Truth::unknown;
  });
  return out;
}

std::string SshUsers::refusal(const SshUser& user) const {
  // Of values that blocks may change, all have to keep the user out.
  const auto always = [&](std::string_view keyword, auto keeps_out) {
    const std::vector<SshdValue> all = values(keyword, user);
    return !all.empty() &&
           std::ranges::all_of(all, [&](const SshdValue& one) { return keeps_out(one.value); });
  };
  const auto is_no = [](const std::string& value) { return value == "no"; };
  if (always("pubkeyauthentication", is_no)) return "PubkeyAuthentication is no";
  if (user.uid == 0 && always("permitrootlogin", is_no)) return "PermitRootLogin is no";
  const auto has_publickey = [](const std::string& lists) {
    bool has = lists == "any";
    each_word(lists, ' ', [&](std::string_view list) {
      each_word(list, ',', [&](std::string_view method) {
        has |= method.substr(0, method.find(':')) == "publickey";
      });
    });
    return has;
  };
  if (always("authenticationmethods",
             [&](const std::string& value) { return !has_publickey(value); }))
    return "AuthenticationMethods has no publickey";
  for (const std::string_view keyword : {"denyusers", "denygroups"})
    if (always(keyword, [&](const std::string& list) {
          return is_listed(list, keyword, user) == Truth::yes;
        }))
      return keyword == "denyusers" ? "DenyUsers names the user"
                                    : "DenyGroups names a group of the user";
  for (const std::string_view keyword : {"allowusers", "allowgroups"})
    if (always(keyword, [&](const std::string& list) {
          return !list.empty() && is_listed(list, keyword, user) == Truth::no;
        }))
      return keyword == "allowusers" ? "AllowUsers does not name the user"
                                     : "AllowGroups names no group of the user";
  if (user.is_locked && always("usepam", is_no)) return "the account is locked, and UsePAM is no";
  const bool is_in_root =
      always("chrootdirectory", [](const std::string& value) { return value == "none"; }) ||
      values("chrootdirectory", user).empty();
  const std::string shell = normal_path(user.shell.empty() ? "/bin/sh" : user.shell);
  const Tree& tree = context_.tree();
  if (is_in_root && tree.resolve(parent_path(shell))) {
    const auto stat = tree.stat(shell);
    if (!stat && stat.error().kind == TreeError::Kind::not_found)
      return "its shell /" + shell + " does not exist";
    if (stat && (stat->type != NodeType::file || (stat->mode & 0111) == 0))
      return "its shell /" + shell + " cannot be run";
  }
  return {};
}

// misc.c, safe_path(): the file, and each directory over it up to the home or the root.
std::string SshUsers::distrust(const std::string& real, const SshUser& user) const {
  const Tree& tree = context_.tree();
  const auto home = tree.resolve(normal_path(user.home));
  std::string path = real;
  while (true) {
    const auto stat = tree.lstat(path);
    if (stat && !trust_.is_trusted(*stat, user.uid, user.name))
      return "/" + path +
             (stat->uid != 0 && stat->uid != user.uid
                  ? " belongs to uid " + std::to_string(stat->uid)
                  : " has mode " + octal(stat->mode));
    if (path.empty() || (path != real && home && path == *home)) return {};
    path = std::string(parent_path(path));
  }
}

bool SshUsers::may_read(const std::string& real, const SshUser& user) const {
  if (user.uid == 0) return true;
  const auto gids = gids_.find(user.name);
  const auto may = [&](const Stat& stat, unsigned bit) {
    if (stat.uid == user.uid) return (stat.mode >> 6 & bit) != 0;
    if (gids != gids_.end() && gids->second.contains(stat.gid)) return (stat.mode >> 3 & bit) != 0;
    return (stat.mode & bit) != 0;
  };
  for (std::string path = real; !path.empty(); path = std::string(parent_path(path))) {
    const auto stat = context_.tree().lstat(path);
    if (stat && !may(*stat, path == real ? 4 : 1)) return false;
  }
  return true;
}

}  // namespace drydock::facts
