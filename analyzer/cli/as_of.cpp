#include "analyzer/cli/as_of.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "analyzer/facts/lifecycle.h"

namespace drydock::cli {
namespace {

constexpr int kSecondsPerDay = 24 * 60 * 60, kStaleAfterDays = 365;

// The first second of "2026-11-22" in UTC; nullopt for what is no day of the calendar.
std::optional<time_t> seconds_of(std::string_view day) {
  if (day.size() != 10 || day[4] != '-' || day[7] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t length) {
    int value = -1;
    const auto [end, error] = std::from_chars(day.data() + at, day.data() + at + length, value);
    return error == std::errc{} && end == day.data() + at + length ? value : -1;
  };
  std::tm parts{};
  parts.tm_year = number(0, 4) - 1900;
  parts.tm_mon = number(5, 2) - 1;
  parts.tm_mday = number(8, 2);
  const std::tm wanted = parts;
  const time_t seconds = timegm(&parts);
  const bool exists = parts.tm_year == wanted.tm_year && parts.tm_mon == wanted.tm_mon &&
                      parts.tm_mday == wanted.tm_mday;
  return exists ? std::optional(seconds) : std::nullopt;
}

std::string day_of(time_t seconds) {
  std::tm parts{};
  char text[16] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

std::string today() {
  time_t now = std::time(nullptr);
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) {
    const std::string_view text = epoch;
    time_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) now = value;
  }
  return day_of(now);
}

}  // namespace

Result<void> set_as_of(ScanRequest& request, const std::string& given) {
  if (!given.empty() && !seconds_of(given))
    return Error{"'" + given + "' is no day", "write it as 2026-11-22"};
  if (std::ranges::none_of(request.rules, [](const auto& rule) { return rule->parameter(kAsOf); }))
    return {};
  std::vector<std::string>& value = request.parameters[kAsOf];
  if (!given.empty())
    value = {given};
  else if (value.empty())
    value = {today()};
  const auto day = seconds_of(value.front());
  if (!day)
    return Error{"the parameter as-of is '" + value.front() + "', which is no day",
                 "write it as 2026-11-22"};
  const std::string made(facts::lifecycle_date());
  if (*day - seconds_of(made).value_or(*day) > time_t{kStaleAfterDays} * kSecondsPerDay)
    request.configuration.push_back({Level::warning, DiagnosticKind::configuration, "", Span{},
                                     "drydock's dates of support are of " + made +
                                         ": releases that ended since are not known to have",
                                     "install a newer drydock", ""});
  return {};
}

}  // namespace drydock::cli
