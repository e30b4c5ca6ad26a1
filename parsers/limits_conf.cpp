#include "parsers/limits_conf.h"

#include <algorithm>
#include <array>
#include <optional>

#include "parsers/characters.h"

namespace drydock::parsers::limits_conf {
namespace {

// limits.conf(5), <item>.
constexpr std::string_view kItems[] = {
    "core",   "data",   "fsize",     "memlock",      "nofile",     "rss",        "stack",
    "cpu",    "nproc",  "as",        "locks",        "sigpending", "msgqueue",   "nice",
    "rtprio", "rttime", "maxlogins", "maxsyslogins", "priority",   "nonewprivs", "chroot"};

constexpr size_t kLine = 1023;  // fgets(3) of pam_limits takes no more at a time

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

// pam_limits: these have one value, whatever the type says.
bool has_no_type(std::string_view item) {
  return item == "maxlogins" || item == "maxsyslogins" || item == "nonewprivs";
}

// The value as pam_limits takes it: the digits at the beginning, and what is behind them is not looked at; a negative
// number of what is counted from 0 is a huge one, as strtoull(3) has it. nullopt: the line is skipped.
std::optional<std::string> value_of(std::string_view item, std::string_view value) {
  if (item == "chroot") return std::string(value);
  if (item == "nonewprivs")
    return value == "0" || value == "1" ? std::optional(std::string(value)) : std::nullopt;
  const bool is_signed = item == "nice" || item == "priority";
  if (!is_signed && (value == "-1" || value == "-" || value == "unlimited" || value == "infinity"))
    return "unlimited";
  const bool is_negative = value.starts_with('-');
  if (is_negative || value.starts_with('+')) value.remove_prefix(1);
  const size_t end = std::min(value.find_first_not_of("0123456789"), value.size());
  if (end == 0) return std::nullopt;
  const size_t first = std::min(value.substr(0, end).find_first_not_of('0'), end);
  std::string digits(value.substr(first, end - first));
  if (digits.empty()) return "0";
  if (is_signed || item == "maxlogins" || item == "maxsyslogins") {
    // An int; nice within the range the kernel has.
    if (digits.size() > 10 || (digits.size() == 10 && digits > "2147483647")) digits = "2147483647";
    if (item == "nice") {
      const std::string most = is_negative ? "20" : "19";
      if (digits.size() > most.size() || (digits.size() == most.size() && digits > most))
        digits = most;
    }
    return (is_negative ? "-" : "") + digits;
  }
  // Set in units of the kernel's, and unlimited where those do not fit into 64 bits.
  constexpr std::string_view kOfKilobytes[] = {"core", "data",  "fsize", "memlock",
                                               "rss",  "stack", "as"};
  const std::string_view most = item == "cpu" ? "307445734561825860"
                                : std::ranges::find(kOfKilobytes, item) != std::end(kOfKilobytes)
                                    ? "18014398509481983"
                                    : "18446744073709551615";
  if (is_negative || digits.size() > most.size() ||
      (digits.size() == most.size() && digits >= most))
    return "unlimited";
  return digits;
}

// What fgets(3) takes as a line: [begin, end) of the text.
void parse_line(std::string_view text, const LineIndex& lines, size_t begin, size_t end,
                File& file) {
  end = std::min(end, text.substr(0, end).find('#', begin));
  while (begin < end && is_space(text[begin])) ++begin;
  while (end > begin && is_space(text[end - 1])) --end;
  if (begin == end) return;
  const Span span = lines.span(begin, end);
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
  if (count == 2 && field(1).starts_with('-')) {
    limit.type = limit.item = "-";
    limit.value_span = lines.span(fields[1].first, fields[1].second);
    file.limits.push_back(std::move(limit));
    return;
  }
  if (count < 4) {
    file.errors.add("missing-field", span, "expected domain, type, item and value");
    return;
  }
  limit.type = lower(field(1));
  limit.item = lower(field(2));
  limit.value_span = lines.span(fields[3].first, fields[3].second);
  if (has_no_type(limit.item)) limit.type = "-";
  if (limit.type != "soft" && limit.type != "hard" && limit.type != "-") {
    file.errors.add("unknown-type", lines.span(fields[1].first, fields[1].second),
                    "expected soft, hard or -");
    return;
  }
  if (std::ranges::find(kItems, limit.item) == std::end(kItems)) {
    file.errors.add("unknown-item", lines.span(fields[2].first, fields[2].second),
                    "no limit of this name");
    return;
  }
  auto value = value_of(limit.item, limit.item == "chroot" ? field(3) : lower(field(3)));
  if (!value) {
    file.errors.add("bad-value", limit.value_span, "expected a number or unlimited");
    return;
  }
  limit.value = *std::move(value);
  file.limits.push_back(std::move(limit));
}

}  // namespace

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    const auto [first, end] = lines.line_bounds(number);
    if (end - first > kLine)
      file.errors.add("line-too-long", lines.span(first + kLine, end),
                      "more than 1023 bytes: what stands here is read as a line of its own");
    for (size_t begin = first; begin < end; begin += kLine) {
      size_t to = std::min(begin + kLine, end);
      const size_t nul = text.substr(0, to).find('\0', begin);
      if (nul != std::string_view::npos) {
        file.errors.add("nul-byte", lines.span(nul, to),
                        "a NUL byte: what stands behind it is not read");
        to = nul;
      }
      parse_line(text, lines, begin, to, file);
    }
  }
  return file;
}

}  // namespace drydock::parsers::limits_conf
