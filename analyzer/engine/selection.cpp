#include "analyzer/engine/selection.h"

#include <algorithm>
#include <set>

#include "analyzer/engine/program.h"
#include "analyzer/engine/yaml.h"

namespace drydock::engine {
namespace {

// '*' and '?' in ids. Iterative, so its cost is at most the product of the lengths.
bool matches(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p, ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The ids that ids, former ids and globs stand for.
Result<std::set<std::string>> resolve(const Catalogue& catalogue,
                                      const std::vector<std::string>& names) {
  std::set<std::string> result;
  for (const std::string& name : names) {
    const size_t before = result.size();
    bool any = false;
    if (is_glob(name)) {
      for (const auto& rule : catalogue.rules())
        if (matches(name, rule->id)) any = true, result.insert(rule->id);
    } else if (const auto rule = catalogue.find(name)) {
      any = true;
      result.insert(rule->id);
    }
    if (any || result.size() > before) continue;
    std::vector<std::string> known;
    for (const auto& rule : catalogue.rules()) known.push_back(rule->id);
    const std::string near = yaml::nearest(name, known);
    return Error{"there is no rule '" + name + "'",
                 near.empty() ? "drydock rules lists them" : "did you mean '" + near + "'?"};
  }
  return result;
}

}  // namespace

const std::vector<std::string>& default_profiles() {
  static const std::vector<std::string> kProfiles{"base", "server", "container-host", "cis-docker"};
  return kProfiles;
}

std::vector<std::string> profiles_of(const Catalogue& catalogue) {
  std::set<std::string> names{"all"};
  for (const auto& rule : catalogue.rules())
    names.insert(rule->profiles.begin(), rule->profiles.end());
  return {names.begin(), names.end()};
}

Result<std::vector<std::shared_ptr<const Rule>>> select(const Catalogue& catalogue,
                                                        const Selection& selection) {
  const std::vector<std::string> known = profiles_of(catalogue);
  for (const std::string& profile : selection.profiles) {
    if (std::ranges::find(known, profile) != known.end()) continue;
    const std::string near = yaml::nearest(profile, known);
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    return Error{"there is no profile '" + profile + "'",
                 near.empty() ? "one of " + all : "did you mean '" + near + "'?"};
  }
  const auto wanted = resolve(catalogue, selection.rules);
  if (!wanted) return wanted.error();
  const auto disabled = resolve(catalogue, selection.disabled);
  if (!disabled) return disabled.error();

  const std::vector<std::string>& profiles =
      selection.profiles.empty() ? default_profiles() : selection.profiles;
  const bool all = std::ranges::find(profiles, "all") != profiles.end();
  std::vector<std::shared_ptr<const Rule>> result;
  for (const auto& rule : catalogue.rules()) {
    const bool in_profile =
        all || std::ranges::find_first_of(rule->profiles, profiles) != rule->profiles.end();
    if (selection.rules.empty() ? !in_profile : !wanted->contains(rule->id)) continue;
    if (disabled->contains(rule->id)) continue;
    if (selection.at_least && rule->severity > *selection.at_least) continue;
    result.push_back(rule);
  }
  return result;
}

}  // namespace drydock::engine
