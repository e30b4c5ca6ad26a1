// Which values systemd's daemons take: of others journald.conf(5) and logind.conf(5) say nothing, the daemons say
// "ignoring" and keep the value before.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace drydock::facts {

// True for settings whose values are not known here.
bool daemon_takes(std::string_view program, std::string_view key, std::string_view value);

// systemd.time(7), "PARSING TIME SPANS": in seconds; nothing: it is none.
std::optional<double> time_span(std::string_view text);

// timesyncd.conf(5), NTP=: the names and addresses that are some, of one assignment after the other; an empty one begins
// anew.
class Servers {
 public:
  void add(std::string_view value);
  std::string text;  // with blanks

 private:
  std::set<std::string, std::less<>> known_;
};

// Why the daemon goes on with its default in place of what is set for `key`; `value_of` says what was set for another key
// ("": nothing).
std::optional<std::string_view> unusable(
    std::string_view program, std::string_view key,
    const std::function<std::string(std::string_view)>& value_of);

}  // namespace drydock::facts
