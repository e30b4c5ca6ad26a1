#include "parsers/nsswitch.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::nsswitch {
namespace {

// nss/nss_action_parse.c: "STATUS=action" or "!STATUS=action", in any case. False: there is something else.
bool set_actions(std::string_view text, Actions& actions) {
  size_t at = 0;
  while (true) {
    while (at < text.size() && is_space(text[at])) ++at;
    if (at == text.size()) return true;
    const bool is_not = text[at] == '!';
    if (is_not) ++at;
    const size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) return false;
    size_t end = equals;
    while (end > at && is_space(text[end - 1])) --end;
    const std::string status = lower(text.substr(at, end - at));
    at = equals + 1;
    while (at < text.size() && is_space(text[at])) ++at;
    const size_t from = at;
    while (at < text.size() && !is_space(text[at]) && text[at] != '=') ++at;
    const std::string word = lower(text.substr(from, at - from));
    if (word != "return" && word != "continue" && word != "merge") return false;
    const Action action = word == "return"     ? Action::stop
                          : word == "continue" ? Action::go_on
                                               : Action::merge;
    const std::pair<std::string_view, Action*> kAll[] = {{"success", &actions.success},
                                                         {"notfound", &actions.not_found},
                                                         {"unavail", &actions.unavailable},
                                                         {"tryagain", &actions.try_again}};
    bool is_known = false;
    for (const auto& [name, action_of] : kAll) is_known |= name == status;
    if (!is_known) return false;
    for (const auto& [name, action_of] : kAll)
      if ((name == status) != is_not) *action_of = action;
  }
}

// nss/databases.def; others, such as sudoers, are somebody else's.
bool is_own(std::string_view database) {
  constexpr std::string_view kOwn[] = {
      "aliases",    "ethers",   "group",    "group_compat", "gshadow",       "hosts",
      "initgroups", "netgroup", "networks", "passwd",       "passwd_compat", "protocols",
      "publickey",  "rpc",      "services", "shadow",       "shadow_compat"};
  return std::ranges::find(kOwn, database) != std::end(kOwn);
}

}  // namespace

std::vector<Database> parse(std::string_view text) {
  std::vector<Database> out;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    const std::string_view all = text.substr(0, end);
    end = std::min(end, all.find('#', begin));
    while (begin < end && is_space(all[begin])) ++begin;
    const size_t colon = all.find(':', begin);
    if (begin == end || colon >= end) continue;
    size_t name_end = colon;
    while (name_end > begin && is_space(all[name_end - 1])) --name_end;
    Database database{
        std::string(all.substr(begin, name_end - begin)), {}, lines.span(begin, end), false};
    for (size_t at = colon + 1; at < end;) {
      if (is_space(all[at])) {
        ++at;
      } else if (all[at] == '[') {
        const size_t from = ++at;
        while (at < end && all[at] != ']') ++at;
        const std::string_view actions = all.substr(from, at - from);
        if (database.sources.empty() || at == end) {
          database.is_broken = is_own(database.name);
          break;
        }
        Source& last = database.sources.back();
        last.written_actions = actions;
        if (!set_actions(actions, last.actions)) {
          database.is_broken = is_own(database.name);
          break;
        }
        ++at;
      } else {
        const size_t from = at;
        while (at < end && !is_space(all[at]) && all[at] != '[') ++at;
        database.sources.push_back(
            {std::string(all.substr(from, at - from)), lines.span(from, at)});
      }
    }
    out.push_back(std::move(database));
  }
  return out;
}

}  // namespace drydock::parsers::nsswitch
