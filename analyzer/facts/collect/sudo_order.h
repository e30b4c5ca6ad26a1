// Which rules of sudoers(5) never come to count, since "the last match is used".
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"

namespace drydock::facts {

// What a rule is for, as the columns of `sudo_rule` say it.
struct SudoMatch {
  int64_t position = 0;
  std::string_view user, hosts, runas_users, runas_groups, command;
  std::optional<std::string_view> arguments;
  // It may fail to match though all of the above does: a digest, a time, another root, a user who is excluded
  // elsewhere in its list.
  bool is_conditional = false;
};

// Compares the words of rules only: a later rule takes what an earlier one is for if each of its lists is the same or
// ALL, if its user is a group of this host that the other's user is a member of, or if its command is the same
// with any arguments. Patterns are not compared with what they match, so nothing is taken that might not be.
class SudoOrder {
 public:
  // Reads /etc/passwd and /etc/group for the groups of users; not in a fragment. Of a user in more than 64 groups, and
  // of files with more than 100,000 members, the rest are not known: rules stay that might be taken.
  explicit SudoOrder(Context& context);

  // The groups that a user of this host is in, as sudoers names them: "%wheel", "%#27".
  std::vector<std::string_view> groups_of(std::string_view user) const;

  // Rules come in the order of their positions. What is kept of the texts is kept once for all rules.
  void add(const SudoMatch& match);

  // The `index`th rule, counted from 0; the texts live as long as this.
  SudoMatch match(size_t index) const;

  // The rule behind that one that takes all of it: the last such one.
  std::optional<size_t> taken_by(size_t index) const;

 private:
  using Text = const std::string*;    // in texts_
  using Words = std::array<Text, 6>;  // user, hosts, runas users and groups, command, arguments
  struct Rule {
    int64_t position;
    Words words;  // nullptr: any arguments
  };
  Text text(std::string_view text) { return &*texts_.emplace(text).first; }

  std::set<std::string, std::less<>> texts_;
  Text all_ = text("ALL");
  std::map<Text, std::set<Text>> groups_;  // "%wheel", "%#27" by user
  std::vector<Rule> rules_;
  std::map<Words, size_t> last_;  // the last rule of these words that always matches
};

}  // namespace drydock::facts
