#include "parsers/limits_conf.h"

#include <algorithm>
#include <array>

#include "parsers/characters.h"

namespace drydock::parsers::limits_conf {
namespace {

// limits.conf(5), <item>.
constexpr std::string_view kItems[] = {
    "core",   "data",   "fsize",     "memlock",      "nofile",     "rss",        "stack",
    "cpu",    "nproc",  "as",        "locks",        "sigpending", "msgqueue",   "nice",
    "rtprio", "rttime", "maxlogins", "maxsyslogins", "priority",   "nonewprivs", "chroot"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

bool is_value(std::string_view item, std::string_view value) {
  if (item == "chroot" || value == "unlimited" || value == "infinity" || value == "-1") return true;
  if (value.starts_with('-') || value.starts_with('+')) value.remove_prefix(1);
  return !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    end = std::min(end, text.substr(0, end).find('#', begin));
    while (begin < end && is_space(text[begin])) ++begin;
    while (end > begin && is_space(text[end - 1])) --end;
    if (begin == end) continue;
    const Span span = lines.span(begin, end);
    if (text.substr(begin, end - begin).find('\0') != std::string_view::npos) {
      file.errors.add("nul-byte", span, "a NUL byte in the line");
      continue;
    }
    // What stands behind the fourth field is not looked at.
    std::array<std::pair<size_t, size_t>, 4> fields{};
    size_t count = 0;
    for (size_t at = begin; at < end && count < 4; ++count) {
      while (at < end && is_space(text[at])) ++at;
      const size_t from = at;
      while (at < end && !is_space(text[at])) ++at;
      fields[count] = {from, at};
    }
    const auto field = [&](size_t i) {
      return text.substr(fields[i].first, fields[i].second - fields[i].first);
    };
    Limit limit;
    limit.span = lines.span(begin, fields[count - 1].second);
    limit.domain = std::string(field(0));
    if (count == 2 && field(1) == "-") {
      limit.type = limit.item = "-";
      limit.value_span = lines.span(fields[1].first, fields[1].second);
      file.limits.push_back(std::move(limit));
      continue;
    }
    if (count < 4) {
      file.errors.add("missing-field", span, "expected domain, type, item and value");
      continue;
    }
    limit.type = lower(field(1));
    limit.item = lower(field(2));
    limit.value = lower(field(3));
    if (limit.item == "chroot") limit.value = std::string(field(3));
    limit.value_span = lines.span(fields[3].first, fields[3].second);
    if (limit.type != "soft" && limit.type != "hard" && limit.type != "-") {
      file.errors.add("unknown-type", lines.span(fields[1].first, fields[1].second),
                      "expected soft, hard or -");
      continue;
    }
    if (std::ranges::find(kItems, limit.item) == std::end(kItems)) {
      file.errors.add("unknown-item", lines.span(fields[2].first, fields[2].second),
                      "no limit of this name");
      continue;
    }
    if (!is_value(limit.item, limit.value)) {
      file.errors.add("bad-value", limit.value_span, "expected a number or unlimited");
      continue;
    }
    if (limit.value == "infinity" || limit.value == "-1")
      if (limit.item != "nice" && limit.item != "priority") limit.value = "unlimited";
    file.limits.push_back(std::move(limit));
  }
  return file;
}

}  // namespace drydock::parsers::limits_conf
