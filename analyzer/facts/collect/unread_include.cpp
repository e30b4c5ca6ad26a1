#include "analyzer/facts/collect/unread_include.h"

#include <algorithm>

#include "analyzer/base/limits.h"
#include "analyzer/facts/collect/unread_name.h"
#include "analyzer/source/tree.h"
#include "parsers/characters.h"

namespace drydock::facts {

namespace {

using parsers::lower;

// Each file of a directory is held against each of its patterns, and told all of them.
constexpr size_t kPatterns = 100;
constexpr size_t kPatternBytes = limits::kPathBytes;  // PATH_MAX: of all together
constexpr size_t kLine = 2 * limits::kPathBytes;      // longer ones name no path

// The arguments of a line that name something in `directory`, whatever the directive is called.
void note_line(std::string_view line, std::string_view directory, Included& included,
               bool& is_unclear) {
  if (line.size() > kLine) {
    is_unclear = is_unclear || line.find(directory) != std::string_view::npos;
    return;
  }
  for (size_t at = line.find(directory); at != std::string_view::npos;
       at = line.find(directory, at + 1)) {
    std::string_view rest = line.substr(at + directory.size());
    if (at > 0 && (has_only(line.substr(at - 1, 1), "_-.") || line[at - 1] == '}')) continue;
    if (rest.empty() || rest[0] != '/') {
      if (rest.empty() || !has_only(rest.substr(0, 1), "_-.~")) included.as_a_whole = true;
      continue;
    }
    rest.remove_prefix(1);
    const std::string_view pattern = rest.substr(0, rest.find_first_of(" \t\r\"';)"));
    if (pattern.empty() || pattern == "*" || pattern == ".") included.as_a_whole |= pattern != "*";
    if (pattern.find_first_of("/{}$%\\") != std::string_view::npos) is_unclear = true;
    if (pattern.empty() || pattern == ".") continue;
    if (included.patterns.size() >= kPatterns || included.bytes + pattern.size() > kPatternBytes) {
      is_unclear = true;
    } else {
      included.patterns.emplace_back(pattern);
      included.bytes += pattern.size();
    }
  }
}

bool is_in_a_unit(Context& context, std::string_view words) {
  for (const std::string& path : context.tree().glob("etc/systemd/system", "*.service")) {
    const auto text = context.read(path);
    if (text && text->text.find(words) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Included included(Context& context, const Conditions& conditions, std::string_view directory,
                  std::string_view right) {
  const bool is_namesake = !right.empty() && file_name(directory) == file_name(right);
  const std::string_view last = is_namesake ? directory : file_name(directory);
  Included result;
  bool is_unclear = false, leads_elsewhere = false;
  for (const std::string_view main : conditions.mains) {
    if (!context.tree().exists(main)) continue;
    const auto text = context.read(main);
    if (!text) return {};
    if (result.by.empty()) result.by = main;
    std::string_view rest = text->text;
    while (!rest.empty()) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const size_t begin = line.find_first_not_of(" \t");
      if (begin == std::string_view::npos) continue;
      line.remove_prefix(begin);
      // "#include" and "#includedir" of sudoers are no comments.
      const bool is_comment = std::string_view("#;!%").find(line[0]) != std::string_view::npos;
      if (is_comment && !line.starts_with("#include")) continue;
      const size_t before = result.patterns.size();
      const bool whole = result.as_a_whole;
      note_line(line, last, result, is_unclear);
      if (result.patterns.size() > before || (result.as_a_whole && !whole)) continue;
      if (line.find(last) != std::string_view::npos) continue;
      if (!right.empty() && line.find(file_name(right)) != std::string_view::npos) continue;
      const std::string low = lower(line);
      for (const std::string_view word : conditions.words)
        if (low.find(word) != std::string::npos) leads_elsewhere = true;
    }
  }
  if (conditions.units_may_name_it && is_in_a_unit(context, last)) is_unclear = true;
  result.is_known = !result.by.empty() && !is_unclear && !leads_elsewhere;
  return result;
}

}  // namespace drydock::facts
