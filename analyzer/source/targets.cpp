#include "analyzer/source/targets.h"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/source/container_store.h"
#include "analyzer/source/views.h"

namespace drydock {
namespace {

// Files and directories of /etc that Debian, Red Hat, SUSE, Alpine and Arch all or mostly have.
constexpr std::string_view kEtcMembers[] = {
    "group",   "shadow",  "gshadow",   "fstab",      "hosts",    "hostname",      "login.defs",
    "profile", "pam.d",   "security",  "ssh",        "systemd",  "nsswitch.conf", "sudoers",
    "shells",  "default", "init.d",    "os-release", "services", "ld.so.conf",    "crontab",
    "cron.d",  "rc.d",    "sysconfig", "issue",      "inittab",  "sysctl.conf",   "sysctl.d",
    "audit",   "docker",  "modprobe.d"};

constexpr size_t kSeenNames = 8;

std::string below(std::string_view path, std::string_view prefix) {
  return std::string(path.substr(prefix.empty() ? 0 : std::min(path.size(), prefix.size() + 1)));
}

std::string words(const std::vector<std::string>& list) {
  std::string out;
  for (size_t i = 0; i < list.size(); ++i)
    out += (i == 0 ? "" : i + 1 == list.size() ? " and " : ", ") + list[i];
  return out;
}

Target fragment(const std::shared_ptr<const Tree>& tree, const std::string& prefix,
                std::vector<std::string> loose, std::string reason) {
  Target target;
  target.scope = Scope::fragment;
  target.scope_reason = std::move(reason);
  target.prefix = prefix;
  auto view = std::const_pointer_cast<Tree>(subtree(tree, prefix));
  view->escapes_are_errors = true;
  target.tree = std::move(view);
  std::sort(loose.begin(), loose.end());
  target.loose_files = std::move(loose);
  return target;
}

Target root(const std::shared_ptr<const Tree>& tree, const std::string& prefix,
            const Judged& judged) {
  Target target;
  target.scope = judged.scope;
  target.scope_reason = judged.reason;
  target.prefix = prefix;
  if (judged.inside_etc) target.place = "etc";
  target.tree = judged.inside_etc ? placed(tree, prefix, target.place)
                : prefix.empty()  ? tree
                                  : subtree(tree, prefix);
  return target;
}

// The nearest of `prefixes` at or above `path`; nullptr if there is none.
const std::string* owner(const std::set<std::string>& prefixes, std::string_view path) {
  for (std::string_view at = path;; at = parent_path(at)) {
    if (const auto found = prefixes.find(std::string(at)); found != prefixes.end()) return &*found;
    if (at.empty()) return nullptr;
  }
}

bool is_fragment_file(const Interest& interest, std::string_view tree_path) {
  return interest.matches(tree_path) || interest.matches_loose(tree_path);
}

}  // namespace

std::string Target::artifact_path(std::string_view tree_path) const {
  if (!place.empty()) tree_path.remove_prefix(std::min<size_t>(tree_path.size(), place.size() + 1));
  return prefix.empty() ? std::string(tree_path) : join_path(prefix, tree_path);
}

Judged judge_directory(const Tree& tree, std::string_view prefix, bool repository) {
  const auto has = [&](std::string_view path) {
    return tree.lstat(join_path(prefix, path)).has_value();
  };
  const auto members = [&](std::string_view etc) {
    std::vector<std::string> found;
    for (const std::string_view name : kEtcMembers)
      if (has(std::string(etc) + std::string(name)))
        found.push_back(std::string(etc) + std::string(name));
    return found;
  };
  const auto first_of = [&](std::initializer_list<const char*> paths) -> std::string {
    for (const char* path : paths)
      if (has(path)) return path;
    return {};
  };
  Judged out;
  const size_t needed = repository ? 5 : 1;
  const auto etc = tree.lstat(join_path(prefix, "etc"));
  if (etc && etc->type == NodeType::directory) {
    const std::string programs = first_of({"usr/bin", "bin", "usr/sbin", "sbin"});
    const std::string release = first_of({"etc/os-release", "usr/lib/os-release"});
    const bool accounts = has("etc/passwd");
    if (!programs.empty() &&
        (repository ? accounts && !release.empty() : accounts || !release.empty())) {
      std::vector<std::string> evidence;
      if (accounts) evidence.push_back("etc/passwd");
      if (!release.empty()) evidence.push_back(release);
      evidence.push_back(programs);
      return {true, Scope::host, false, "it has " + words(evidence)};
    }
    const auto found = members("etc/");
    if (accounts && found.size() >= needed)
      return {true, Scope::etc, false,
              "it has etc/passwd and " + found.front() + ", but no programs"};
    return out;
  }
  if (!has("passwd")) return out;
  const auto found = members("");
  if (found.size() >= needed)
    return {true, Scope::etc, true,
            "it has passwd and " + found.front() + " at the top, as made inside /etc"};
  return out;
}

std::vector<Target> make_targets(const std::shared_ptr<const Tree>& tree, Sighting seen,
                                 const OpenOptions& options, bool repository) {
  std::vector<Target> targets;
  std::set<std::string> roots, overlays;
  std::sort(seen.roots_at.begin(), seen.roots_at.end());
  // Outer ones first: sorted by bytes, "a" comes before "a/b".
  std::vector<std::string> rest;
  for (const std::string& prefix : seen.roots_at) {
    if (owner(roots, prefix) || container_store_begin(prefix + "/") != std::string_view::npos)
      continue;
    const Judged judged = judge_directory(*tree, prefix, repository);
    if (judged.is_root && !(judged.inside_etc && !prefix.empty())) {
      targets.push_back(root(tree, prefix, judged));
      roots.insert(prefix);
    } else {
      rest.push_back(prefix);
    }
  }

  std::sort(seen.files.begin(), seen.files.end());
  seen.files.erase(std::unique(seen.files.begin(), seen.files.end()), seen.files.end());
  std::erase_if(seen.files, [&](const std::string& path) {
    return owner(roots, path) || container_store_begin(path) != std::string_view::npos;
  });
  // An overlay: an etc/ in which a file is at its place.
  const std::set<std::string> candidates(rest.begin(), rest.end());
  for (const std::string& file : seen.files) {
    // The outermost candidate that makes sense of the file.
    const std::string* best = nullptr;
    for (std::string_view at = parent_path(file);; at = parent_path(at)) {
      if (const auto found = candidates.find(std::string(at)); found != candidates.end()) {
        const std::string inner = below(file, *found);
        if (inner.starts_with("etc/") && options.recognized().matches(inner)) best = &*found;
      }
      if (at.empty()) break;
    }
    if (best) overlays.insert(*best);
  }
  std::map<std::string, std::vector<std::string>> loose;
  for (const std::string& file : seen.files) {
    const std::string* overlay = owner(overlays, file);
    // The outermost overlay has it.
    while (overlay && !overlay->empty()) {
      const std::string* outer = owner(overlays, parent_path(*overlay));
      if (!outer || outer->empty()) break;
      overlay = outer;
    }
    const std::string prefix = overlay ? *overlay : "";
    const std::string inner = below(file, prefix);
    if (is_fragment_file(options.recognized(), inner)) loose[prefix].push_back(inner);
  }
  for (auto& [prefix, files] : loose) {
    const std::string reason = overlays.contains(prefix)
                                   ? "an etc/ with " + std::to_string(files.size()) + " known " +
                                         (files.size() == 1 ? "file" : "files") +
                                         ", too few for a whole /etc"
                                   : "loose files, no root around them";
    targets.push_back(fragment(tree, prefix, std::move(files), reason));
  }

  if (options.scope) {
    if (targets.empty() && *options.scope != Scope::fragment)
      targets.push_back(root(tree, "", {true, *options.scope, false, ""}));
    for (Target& target : targets) {
      if (*options.scope == Scope::fragment && target.scope != Scope::fragment) {
        std::vector<std::string> files;
        target.tree->walk("", [&](std::string_view path, const Stat& stat) {
          if (stat.type != NodeType::directory && is_fragment_file(options.recognized(), path))
            files.emplace_back(path);
          return true;
        });
        target.loose_files = std::move(files);
        std::sort(target.loose_files.begin(), target.loose_files.end());
      } else if (*options.scope != Scope::fragment) {
        target.loose_files.clear();
        if (target.scope == Scope::fragment)
          target.tree = target.prefix.empty() ? tree : subtree(tree, target.prefix);
      }
      target.scope = *options.scope;
      target.scope_reason = "--scope says so";
    }
  }
  return targets;
}

Result<std::vector<Target>> forced_target(const std::shared_ptr<const Tree>& tree,
                                          const Sighting& seen, const OpenOptions& options) {
  const std::string prefix = normal_path(*options.root);
  const auto info = tree->stat(prefix);
  if (!info || info->type != NodeType::directory) {
    std::vector<std::string> at;
    for (const std::string& found : seen.roots_at)
      if (at.size() < kSeenNames) at.push_back("'" + (found.empty() ? "." : found) + "'");
    return Error{"--root: the artifact has no directory '" + *options.root + "'",
                 at.empty() ? "" : "an etc/ was seen in " + words(at)};
  }
  const std::string real = *tree->resolve(prefix);
  Judged judged = judge_directory(*tree, real, false);
  if (!judged.is_root) judged = {true, Scope::host, false, "--root says so"};
  if (options.scope && *options.scope != judged.scope) {
    judged.scope = *options.scope;
    judged.reason = "--scope says so";
  }
  std::vector<Target> targets;
  targets.push_back(root(tree, real, judged));
  if (judged.scope == Scope::fragment) {
    std::vector<std::string> files;
    targets[0].tree->walk("", [&](std::string_view path, const Stat& stat) {
      if (stat.type != NodeType::directory && is_fragment_file(options.recognized(), path))
        files.emplace_back(path);
      return true;
    });
    targets[0] = fragment(tree, real, std::move(files), judged.reason);
  }
  return targets;
}

Target loose_target(const std::shared_ptr<const Tree>& tree, const std::string& place,
                    std::vector<std::string> known) {
  Target target = fragment(placed(tree, "", place), "", std::move(known),
                           "loose files of a directory '" + place + "'");
  target.place = place;
  return target;
}

void name_targets(std::vector<Target>& targets, const std::string& name) {
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.prefix < b.prefix; });
  for (Target& target : targets) {
    target.name = name;
    if (targets.size() == 1 || target.prefix.empty()) continue;
    std::string suffix = target.prefix;
    std::replace(suffix.begin(), suffix.end(), '/', '-');
    target.name += "-" + suffix;
  }
}

std::string artifact_stem(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  std::string_view name = file_name(path);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view suffix :
         {".tar", ".tgz", ".tbz2", ".txz", ".tzst", ".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma",
          ".lz", ".cpio", ".zip", ".img", ".raw"})
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        name.remove_suffix(suffix.size());
        again = true;
      }
  }
  return std::string(name);
}

}  // namespace drydock
