#include "analyzer/facts/collect/setting_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "parsers/characters.h"
#include "parsers/unit.h"

namespace drydock::facts {
namespace {

using parsers::is_space;

void skip_space(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

// Digits at the beginning of `text`, which may have a '+' before them; false if there are none.
bool skip_number(std::string_view& text) {
  std::string_view rest = text;
  if (rest.starts_with('+')) rest.remove_prefix(1);
  const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0 || digits > 18) return false;
  text = rest.substr(digits);
  return true;
}

// What follows a number, if it is one: a dot and digits.
bool skip_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return true;
  const size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
  text.remove_prefix(end);
  return end > 1;
}

// systemd.time(7), "PARSING TIME SPANS".
bool is_time_span(std::string_view text) {
  skip_space(text);
  if (text.starts_with("infinity"))
    return text.find_first_not_of(" \t\n\r", 8) == std::string_view::npos;
  bool is_one = false;
  while (true) {
    skip_space(text);
    if (text.empty()) return is_one;
    if (!skip_number(text) && !text.starts_with('.')) return false;
    if (!skip_fraction(text)) return false;
    const std::string_view before = text;
    skip_space(text);
    for (const std::string_view unit :
         {"seconds", "second", "sec",  "s",  "minutes",   "minute",   "min",  "months",
          "month",   "M",      "msec", "ms", "m",         "hours",    "hour", "hr",
          "h",       "days",   "day",  "d",  "weeks",     "week",     "w",    "years",
          "year",    "y",      "usec", "us", "\xC2\xB5s", "\xCE\xBCs"})
      if (text.starts_with(unit)) {
        text.remove_prefix(unit.size());
        break;
      }
    if (!text.empty() && text.size() == before.size()) return false;
    is_one = true;
  }
}

// Whether `number` times 1024 to the power of `exponent` is a number of 64 bits.
bool fits(std::string_view number, std::ptrdiff_t exponent) {
  double value = 0;
  if (number.starts_with('+')) number.remove_prefix(1);
  std::from_chars(number.data(), number.data() + number.size(), value);
  return std::ldexp(value, 10 * static_cast<int>(std::max<std::ptrdiff_t>(exponent, 0))) <
         18446744073709551616.0;
}

// "K, M, G, T, P, E … with base 1024": from the greatest to the least.
bool is_size(std::string_view text) {
  constexpr std::string_view kUnits[] = {"E", "P", "T", "G", "M", "K", "B", ""};
  const std::string_view* from = std::begin(kUnits);
  do {
    skip_space(text);
    const std::string_view before = text;
    if (!skip_number(text)) return false;
    if (text.starts_with('.'))
      text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
    const std::string_view number = before.substr(0, before.size() - text.size());
    skip_space(text);
    from = std::find_if(from, std::end(kUnits),
                        [&](std::string_view unit) { return text.starts_with(unit); });
    if (from == std::end(kUnits) || !fits(number, std::end(kUnits) - from - 2)) return false;
    text.remove_prefix(from->size());
    ++from;
  } while (!text.empty());
  return true;
}

bool is_boolean(std::string_view text) {
  return parsers::unit::boolean(text).has_value();
}

bool is_storage(std::string_view text) {
  return text == "auto" || text == "volatile" || text == "persistent" || text == "none";
}

// Since 239 also the size from which on; an empty one sets the default again.
bool is_compress(std::string_view text) {
  return text.empty() || is_boolean(text) || is_size(text);
}

}  // namespace

bool daemon_takes(std::string_view program, std::string_view key, std::string_view value) {
  using Check = bool (*)(std::string_view);
  static const std::map<std::string, Check, std::less<>> kChecks = {
      {"journald.Compress", is_compress},
      {"journald.ForwardToConsole", is_boolean},
      {"journald.ForwardToKMsg", is_boolean},
      {"journald.ForwardToSyslog", is_boolean},
      {"journald.ForwardToWall", is_boolean},
      {"journald.MaxFileSec", is_time_span},
      {"journald.MaxRetentionSec", is_time_span},
      {"journald.RateLimitIntervalSec", is_time_span},
      {"journald.ReadKMsg", is_boolean},
      {"journald.RuntimeKeepFree", is_size},
      {"journald.RuntimeMaxFileSize", is_size},
      {"journald.RuntimeMaxUse", is_size},
      {"journald.Seal", is_boolean},
      {"journald.Storage", is_storage},
      {"journald.SyncIntervalSec", is_time_span},
      {"journald.SystemKeepFree", is_size},
      {"journald.SystemMaxFileSize", is_size},
      {"journald.SystemMaxUse", is_size},
      {"logind.IdleActionSec", is_time_span},
      {"logind.InhibitDelayMaxSec", is_time_span},
      {"logind.KillUserProcesses", is_boolean},
      {"logind.RemoveIPC", is_boolean},
      {"logind.StopIdleSessionSec", is_time_span}};
  const auto check = kChecks.find(std::string(program) + "." + std::string(key));
  return check == kChecks.end() || check->second(value);
}

}  // namespace drydock::facts
