// What the configuration of sshd means for one account: the tables `sshd` and `sshd_line`, worked out for a user, as
// far as the user decides (sshd_config(5), "Match").
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/facts/collect.h"
#include "analyzer/facts/collect/ssh_trust.h"
#include "analyzer/source/tree.h"
#include "parsers/sshd_config.h"

namespace drydock::facts {

struct SshUser {
  std::string name, home, shell;
  uint32_t uid = 0, gid = 0;
  bool is_locked = false;  // the password field begins with '!'
};

// A value that a keyword may have for a user.
struct SshdValue {
  std::string value;                   // as in `sshd`
  std::string context;                 // of a Match block that something else decides; else ''
  std::optional<LocationId> loc = {};  // nullopt: the default
};

class SshUsers {
 public:
  explicit SshUsers(Context& context);

  // Accounts that count, by name.
  const std::vector<SshUser>& users() const { return users_; }

  // What the keyword may be for the user: a value for each block that may hold, and last the one that counts if none of
  // them does. Of a keyword that adds up (AllowUsers) all the lines in one value, "" if there are none. Empty: there is
  // no such keyword in this release.
  std::vector<SshdValue> values(std::string_view keyword, const SshUser& user) const;

  // There are too many blocks and patterns for so many users: what is said from then on may be wrong.
  bool is_spent() const { return budget_ == 0; }

  // Why sshd lets nobody in as that user with a key, whichever; empty: it does not keep them out.
  std::string refusal(const SshUser& user) const;

  // StrictModes: why sshd does not trust a file of the user's, in words: "home/ann has mode 0777"; empty: it does.
  // `real` is the path of a file behind all links.
  std::string distrust(const std::string& real, const SshUser& user) const;

  // Whether the user may open a file: sshd reads it as that user.
  bool may_read(const std::string& real, const SshUser& user) const;

 private:
  enum class Truth : uint8_t { no, yes, unknown };
  struct Row {
    std::string value, context;
    std::optional<LocationId> loc;
  };

  Truth holds(const std::string& context, const SshUser& user) const;
  Truth is_listed(std::string_view lists, std::string_view keyword, const SshUser& user) const;
  bool is_group_member(std::string_view pattern, const SshUser& user) const;

  bool may_go_on(size_t steps = 1) const {
    budget_ -= std::min(budget_, steps);
    return budget_ > 0;
  }

  Context& context_;
  mutable size_t budget_ = 3'000'000;  // comparisons
  mutable std::map<std::string, parsers::sshd_config::File, std::less<>> headers_;
  SshTrust trust_;
  std::vector<SshUser> users_;
  std::map<std::string, std::vector<Row>, std::less<>>
      rows_;  // of a keyword, blocks first, in order
  std::map<std::string, std::set<uint32_t>, std::less<>> gids_;  // of a user
  std::map<uint32_t, std::string> groups_;                       // the first name of an id
};

}  // namespace drydock::facts
