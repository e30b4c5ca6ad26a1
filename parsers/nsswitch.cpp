#include "parsers/nsswitch.h"

#include <algorithm>
#include <optional>

#include "parsers/characters.h"

namespace drydock::parsers::nsswitch {
namespace {

// What glibc 2.36 looks up itself: others' lines (sudoers, automount) it does not look into.
constexpr std::string_view kOfGlibc[] = {
    "aliases",    "ethers",   "group",    "group_compat", "gshadow",       "hosts",
    "initgroups", "netgroup", "networks", "passwd",       "passwd_compat", "protocols",
    "publickey",  "rpc",      "services", "shadow",       "shadow_compat"};
constexpr std::string_view kStatuses[] = {"success", "notfound", "unavail", "tryagain"};
constexpr std::string_view kActions[] = {"continue", "return", "merge"};

template <size_t size>
std::optional<size_t> find(const std::string_view (&names)[size], std::string_view word) {
  const auto same = [&](std::string_view name) {
    return std::ranges::equal(
        name, word, [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
  };
  const auto found = std::ranges::find_if(names, same);
  if (found == std::end(names)) return std::nullopt;
  return static_cast<size_t>(found - names);
}

// One line; `at` is where its sources begin.
class Line {
 public:
  Line(std::string_view all, size_t at) : all_(all), at_(at) {}

  // The code of the syntax error, or nothing.
  std::string_view sources(const LineIndex& lines, std::vector<Source>& out) {
    for (;;) {
      skip();
      if (is_end()) return {};
      if (all_[at_] == '[') return "no-source";
      const size_t from = at_;
      while (!is_end() && !is_space(all_[at_]) && all_[at_] != '[') ++at_;
      out.push_back({std::string(all_.substr(from, at_ - from)), lines.span(from, at_)});
      skip();
      if (!is_end() && all_[at_] == '[' && !actions(out.back())) return "bad-action";
    }
  }
  size_t at() const { return at_; }

 private:
  bool is_end() const { return at_ == all_.size(); }
  void skip() {
    while (!is_end() && is_space(all_[at_])) ++at_;
  }
  std::string_view word() {
    const size_t from = at_;
    while (!is_end() && !is_space(all_[at_]) && all_[at_] != '=' && all_[at_] != ']') ++at_;
    return all_.substr(from, at_ - from);
  }

  bool actions(Source& source) {
    ++at_;
    do {
      skip();
      const bool is_not = !is_end() && all_[at_] == '!';
      if (is_not) ++at_;
      const auto status = find(kStatuses, word());
      skip();
      if (!status || is_end() || all_[at_] != '=') return false;
      ++at_;
      skip();
      const auto action = find(kActions, word());
      if (!action) return false;
      for (size_t i = 0; i < source.actions.size(); ++i)
        if (is_not != (i == *status)) source.actions[i] = static_cast<Action>(*action);
      skip();
    } while (!is_end() && all_[at_] != ']');
    if (is_end()) return false;
    ++at_;
    return true;
  }

  std::string_view all_;
  size_t at_;
};

}  // namespace

std::string_view name(Action action) {
  return kActions[static_cast<size_t>(action)];
}

File parse(std::string_view text) {
  File file;
  const LineIndex lines(text);
  for (uint32_t number = 1; number <= lines.line_count(); ++number) {
    auto [begin, end] = lines.line_bounds(number);
    const bool is_whole = end < text.size();
    end = std::min(end, text.substr(0, end).find('\0', begin));
    while (begin < end && is_space(text[begin])) ++begin;
    while (end > begin && is_space(text[end - 1])) --end;
    const std::string_view all = text.substr(0, end);
    // Only whole lines are comments: a '#' behind a source is one more source, and so is what follows.
    if (begin == end || text[begin] == '#') continue;
    size_t name_end = begin;
    while (name_end < end && !is_space(text[name_end]) && text[name_end] != ':') ++name_end;
    if (name_end == text.size() || name_end == begin) continue;
    size_t at = name_end;
    while (at < end && (is_space(text[at]) || text[at] == ':')) ++at;
    Database database{std::string(all.substr(begin, name_end - begin)), {}, lines.span(begin, end)};
    Line line(all, at);
    const std::string_view code = line.sources(lines, database.sources);
    const bool is_own = std::ranges::find(kOfGlibc, database.name) != std::end(kOfGlibc);
    if (is_own && !is_whole) {
      file.errors.add("no-newline", database.span, "glibc skips a last line that does not end");
      break;
    }
    if (code == "bad-action" && is_own) {
      file.errors.add(code, lines.span(std::min(line.at(), end), end),
                      "no action of a source: glibc finds nobody and nothing by this file",
                      Effect::refused);
      file.is_refused = true;
    } else if (code == "no-source" && is_own) {
      file.errors.add(code, lines.span(line.at(), end),
                      "no source that this would be for: the line ends here");
    }
    file.databases.push_back(std::move(database));
  }
  return file;
}

}  // namespace drydock::parsers::nsswitch
