#include "analyzer/source/interest.h"

#include <algorithm>

#include "analyzer/source/container_store.h"
#include "analyzer/source/tree.h"

namespace drydock {
namespace {

// A few bits of a component, enough to turn most first components away without a search.
size_t quick_hash(std::string_view component) {
  return (static_cast<unsigned char>(component.front()) * 31u +
          static_cast<unsigned char>(component.back()) * 7u + component.size()) %
         1024;
}

size_t pair_hash(std::string_view two) {
  return (static_cast<unsigned char>(two[0]) * 61u + static_cast<unsigned char>(two[1])) % 4096;
}

std::string_view first_component(std::string_view path) {
  return path.substr(0, path.find('/'));
}

}  // namespace

uint32_t Interest::child(uint32_t node, std::string_view component) {
  if (component.find_first_of("*?[\\") == std::string_view::npos) {
    auto& literal = nodes_[node].literal;
    const auto at = std::lower_bound(literal.begin(), literal.end(), component,
                                     [](const auto& entry, auto key) { return entry.first < key; });
    if (at != literal.end() && at->first == component) return at->second;
    const auto made = static_cast<uint32_t>(nodes_.size());
    literal.emplace(at, component, made);
    nodes_.emplace_back();
    return made;
  }
  for (const Wild& wild : nodes_[node].wild)
    if (wild.glob == component) return wild.node;
  const auto made = static_cast<uint32_t>(nodes_.size());
  Wild wild{.glob = std::string(component), .node = made};
  wild.star = component.find('*');
  wild.simple = wild.star != std::string_view::npos &&
                component.find_first_of("*?[\\", wild.star + 1) == std::string_view::npos &&
                component.find_first_of("?[\\") == std::string_view::npos;
  nodes_[node].wild.push_back(std::move(wild));
  nodes_.emplace_back();
  return made;
}

void Interest::insert(std::string_view pattern, bool loose) {
  while (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (pattern.empty()) return;
  uint32_t node = 0;
  if (pattern.find('/') == std::string_view::npos &&
      pattern.find_first_of("*?[\\") != std::string_view::npos)
    note_wild(pattern);
  if (first_component(pattern).find_first_of("*?[\\") == std::string_view::npos)
    first_.set(quick_hash(first_component(pattern)));
  while (!pattern.empty()) {
    const std::string_view component = first_component(pattern);
    pattern.remove_prefix(std::min(pattern.size(), component.size() + 1));
    if (component == "**" && pattern.empty()) {
      (loose ? nodes_[node].loose_below : nodes_[node].rooted_below) = true;
      return;
    }
    node = child(node, component);
  }
  (loose ? nodes_[node].loose : nodes_[node].rooted) = true;
}

void Interest::add(std::string_view pattern) {
  insert(pattern, false);
}
void Interest::add_loose(std::string_view pattern) {
  insert(pattern, true);
}

const uint32_t* Interest::find_literal(const Node& node, std::string_view component) const {
  const auto at = std::lower_bound(node.literal.begin(), node.literal.end(), component,
                                   [](const auto& entry, auto key) { return entry.first < key; });
  return at != node.literal.end() && at->first == component ? &at->second : nullptr;
}

// The depth of the calls is bounded by the longest pattern, not by the path.
bool Interest::walk(uint32_t at, std::string_view rest, bool rooted, bool loose) const {
  const Node& node = nodes_[at];
  if (rest.empty()) return (rooted && node.rooted) || (loose && node.loose);
  if ((rooted && node.rooted_below) || (loose && node.loose_below)) return true;
  const std::string_view component = first_component(rest);
  const std::string_view behind = rest.substr(std::min(rest.size(), component.size() + 1));
  if (component.empty()) return false;
  if (at != 0 || first_.test(quick_hash(component)))
    if (const uint32_t* next = find_literal(node, component);
        next && walk(*next, behind, rooted, loose))
      return true;
  for (const Wild& wild : node.wild) {
    // Most wildcards end a pattern: they can only match the last component.
    if (!behind.empty() && !leads_on(nodes_[wild.node])) continue;
    if (wild.matches(component) && walk(wild.node, behind, rooted, loose)) return true;
  }
  return false;
}

void Interest::note_wild(std::string_view glob) {
  constexpr std::string_view kSpecial = "*?[]\\";
  if (const size_t head = glob.find_first_of(kSpecial); head >= 2)
    wild_heads_.set(pair_hash(glob));
  else if (const size_t tail = glob.find_last_of(kSpecial) + 1; glob.size() - tail >= 2)
    wild_tails_.set(pair_hash(glob.substr(glob.size() - 2)));
  else
    wild_any_ = true;
}

bool Interest::may_be_wild(std::string_view name) const {
  return wild_any_ ||
         (name.size() >= 2 && (wild_heads_.test(pair_hash(name)) ||
                               wild_tails_.test(pair_hash(name.substr(name.size() - 2)))));
}

bool Interest::Wild::matches(std::string_view component) const {
  const std::string_view text = glob;
  if (!simple) return glob_match(text, component);
  return component.size() + 1 >= text.size() && component.ends_with(text.substr(star + 1)) &&
         component.starts_with(text.substr(0, star));
}

bool Interest::leads_on(const Node& node) {
  return !node.literal.empty() || !node.wild.empty() || node.rooted_below || node.loose_below;
}

void Interest::Cursor::descend(std::vector<Place>& places, std::string_view component) {
  std::vector<Place> next;
  const auto add = [&](uint32_t node, bool loose) {
    if (leads_on(interest_.nodes_[node])) next.push_back({node, loose});
  };
  for (const Place& place : places) {
    const Node& node = interest_.nodes_[place.node];
    if (const uint32_t* literal = interest_.find_literal(node, component))
      add(*literal, place.loose);
    for (const Wild& wild : node.wild)
      if (leads_on(interest_.nodes_[wild.node]) && wild.matches(component))
        add(wild.node, place.loose);
  }
  places = std::move(next);
}

// The places of all tails after the components of `directory`.
void Interest::Cursor::enter(std::string_view directory) {
  entered_ = true;
  directory_ = directory;
  everything_ = false;
  places_.clear();
  if (const uint32_t* etc = interest_.find_literal(interest_.nodes_[0], "etc"))
    places_.push_back({*etc, false});
  const size_t within = container_store_begin(directory_ + '/');
  const auto note_below = [&] {
    everything_ = everything_ || std::ranges::any_of(places_, [&](const Place& place) {
                    const Node& node = interest_.nodes_[place.node];
                    return node.rooted_below || (place.loose && node.loose_below);
                  });
  };
  for (size_t at = 0; at < directory.size();) {
    const size_t end = std::min(directory.find('/', at), directory.size());
    if (at < within) places_.push_back({0, true});
    note_below();
    descend(places_, directory.substr(at, end - at));
    at = end + 1;
  }
  note_below();
  tails_ = directory.empty() || directory.size() + 1 < within;
}

bool Interest::Cursor::may_match(std::string_view path) {
  const std::string_view directory = parent_path(path), name = file_name(path);
  if (!entered_ || directory != directory_) enter(directory);
  if (everything_) return true;
  if (name.empty()) return false;
  const auto ends = [&](const Place& place) {
    const auto counts = [&](uint32_t id) {
      const Node& node = interest_.nodes_[id];
      return node.rooted || (place.loose && node.loose);
    };
    const Node& node = interest_.nodes_[place.node];
    if (place.node != 0 || interest_.first_.test(quick_hash(name)))
      if (const uint32_t* next = interest_.find_literal(node, name); next && counts(*next))
        return true;
    if (place.node == 0 && !interest_.may_be_wild(name)) return false;
    return std::ranges::any_of(
        node.wild, [&](const Wild& wild) { return counts(wild.node) && wild.matches(name); });
  };
  return (tails_ && ends({0, true})) || std::ranges::any_of(places_, ends);
}

bool Interest::matches(std::string_view path) const {
  return walk(0, path, true, false);
}

bool Interest::may_match(std::string_view path, size_t within) const {
  if (const uint32_t* etc = find_literal(nodes_[0], "etc"); etc && walk(*etc, path, true, false))
    return true;
  for (size_t at = 0; at < path.size() && at < within;) {
    if (walk(0, path.substr(at), true, true)) return true;
    const size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  return false;
}

bool Interest::matches_loose(std::string_view path) const {
  for (size_t at = 0; at < path.size();) {
    if (walk(0, path.substr(at), false, true)) return true;
    const size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) break;
    at = slash + 1;
  }
  return false;
}

}  // namespace drydock
