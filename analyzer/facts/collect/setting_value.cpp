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

struct Unit {
  std::string_view name;
  double seconds;
};

constexpr double kMinute = 60, kHour = 3600, kDay = 86400, kWeek = 604800, kMonth = 2629800,
                 kYear = 31557600;
// In the order in which they are tried.
constexpr Unit kTimeUnits[] = {
    {"seconds", 1},       {"second", 1},       {"sec", 1},       {"s", 1},
    {"minutes", kMinute}, {"minute", kMinute}, {"min", kMinute}, {"months", kMonth},
    {"month", kMonth},    {"M", kMonth},       {"msec", 1e-3},   {"ms", 1e-3},
    {"m", kMinute},       {"hours", kHour},    {"hour", kHour},  {"hr", kHour},
    {"h", kHour},         {"days", kDay},      {"day", kDay},    {"d", kDay},
    {"weeks", kWeek},     {"week", kWeek},     {"w", kWeek},     {"years", kYear},
    {"year", kYear},      {"y", kYear},        {"usec", 1e-6},   {"us", 1e-6},
    {"\xC2\xB5s", 1e-6},  {"\xCE\xBCs", 1e-6}};

double number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
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

bool is_time_span(std::string_view text) {
  return time_span(text).has_value();
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

// A name of at most 253 characters whose labels have 1 to 63 each, or an address.
bool is_host(std::string_view text) {
  if (text.find(':') != std::string_view::npos) return true;
  if (text == ".") return true;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('.', at), text.size());
    if (end == at || end - at > 63) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace

// systemd.time(7), "PARSING TIME SPANS".
std::optional<double> time_span(std::string_view text) {
  skip_space(text);
  if (text.starts_with("infinity")) {
    if (text.find_first_not_of(" \t\n\r", 8) != std::string_view::npos) return std::nullopt;
    return HUGE_VAL;
  }
  std::optional<double> seconds;
  while (true) {
    skip_space(text);
    if (text.empty()) return seconds;
    const std::string_view begin = text;
    if (!skip_number(text) && !text.starts_with('.')) return std::nullopt;
    if (!skip_fraction(text)) return std::nullopt;
    const double value = number(begin.substr(0, begin.size() - text.size()));
    const std::string_view before = text;
    skip_space(text);
    double unit = 1;
    for (const Unit& one : kTimeUnits)
      if (text.starts_with(one.name)) {
        text.remove_prefix(one.name.size());
        unit = one.seconds;
        break;
      }
    if (!text.empty() && text.size() == before.size()) return std::nullopt;
    seconds = seconds.value_or(0) + value * unit;
  }
}

void Servers::add(std::string_view value) {
  if (value.empty()) {
    text.clear();
    known_.clear();
    return;
  }
  // It looks for one that is there already only if some were before the line.
  const bool looks = !text.empty();
  for (size_t at = 0; at < value.size();) {
    const size_t begin = value.find_first_not_of(" \t\n\r", at);
    if (begin == std::string_view::npos) break;
    at = std::min(value.find_first_of(" \t\n\r", begin), value.size());
    const std::string_view word = value.substr(begin, at - begin);
    if (is_host(word) && (known_.emplace(word).second || !looks))
      text.append(text.empty() ? "" : " ").append(word);
  }
}

std::optional<std::string_view> unusable(
    std::string_view program, std::string_view key,
    const std::function<std::string(std::string_view)>& value_of) {
  if (program != "timesyncd") return std::nullopt;
  const auto seconds = [&](std::string_view name, double otherwise) {
    return time_span(value_of(name)).value_or(otherwise);
  };
  if (key == "ConnectionRetrySec" && seconds(key, 30) < 1) return "it is shorter than a second";
  const double least = seconds("PollIntervalMinSec", 32);
  if (key == "PollIntervalMinSec" && least < 16) return "it is shorter than 16 seconds";
  if (key == "PollIntervalMaxSec" && seconds(key, 2048) < (least < 16 ? 32 : least))
    return "it is shorter than PollIntervalMinSec=";
  return std::nullopt;
}

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
      {"logind.StopIdleSessionSec", is_time_span},
      {"timesyncd.ConnectionRetrySec", is_time_span},
      {"timesyncd.PollIntervalMaxSec", is_time_span},
      {"timesyncd.PollIntervalMinSec", is_time_span},
      {"timesyncd.RootDistanceMaxSec", is_time_span},
      {"timesyncd.SaveIntervalSec", is_time_span}};
  const auto check = kChecks.find(std::string(program) + "." + std::string(key));
  return check == kChecks.end() || check->second(value);
}

}  // namespace drydock::facts
