#include "analyzer/cli/as_of.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "analyzer/facts/lifecycle.h"

namespace drydock::cli {
namespace {

constexpr std::chrono::days kStaleAfter{365};

// The day "2026-11-22"; nullopt for what is no day of the calendar.
std::optional<std::chrono::sys_days> day_of(std::string_view day) {
  if (day.size() != 10 || day[4] != '-' || day[7] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t length) {
    int value = -1;
    const auto [end, error] = std::from_chars(day.data() + at, day.data() + at + length, value);
    return error == std::errc{} && end == day.data() + at + length ? value : -1;
  };
  using namespace std::chrono;
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                            std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  return date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

// Not gmtime(3), which reads the machine's own time zone.
std::string text_of(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  char text[32] = "";
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
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
  return text_of(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::from_time_t(now)));
}

}  // namespace

Result<void> set_as_of(ScanRequest& request, const std::string& given) {
  if (!given.empty() && !day_of(given))
    return Error{"'" + given + "' is no day", "write it as 2026-11-22"};
  if (std::ranges::none_of(request.rules, [](const auto& rule) { return rule->parameter(kAsOf); }))
    return {};
  std::vector<std::string>& value = request.parameters[kAsOf];
  if (!given.empty())
    value = {given};
  else if (value.empty())
    value = {today()};
  const auto day = day_of(value.front());
  if (!day)
    return Error{"the parameter as-of is '" + value.front() + "', which is no day",
                 "write it as 2026-11-22"};
  const std::string made(facts::lifecycle_date());
  if (*day - day_of(made).value_or(*day) > kStaleAfter)
    request.configuration.push_back({Level::warning, DiagnosticKind::configuration, "", Span{},
                                     "drydock's dates of support are of " + made +
                                         ": releases that ended since are not known to have",
                                     "install a newer drydock", ""});
  return {};
}

}  // namespace drydock::cli
