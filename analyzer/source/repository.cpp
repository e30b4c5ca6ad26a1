#include "analyzer/source/repository.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "analyzer/source/directory.h"
#include "analyzer/source/git_index.h"

namespace drydock {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPatternBytes = 4096;
constexpr size_t kIndexBytes = size_t{256} << 20;

// wildmatch of gitignore(5) on a whole path: "**" between slashes is any number of directories.
// Iterative over components with one point to return to, as only the last "**" ever needs another
// try.
bool match_path(std::string_view pattern, std::string_view path) {
  const auto split = [](std::string_view text) {
    std::vector<std::string_view> parts;
    while (true) {
      const size_t slash = text.find('/');
      parts.push_back(text.substr(0, slash));
      if (slash == std::string_view::npos) return parts;
      text.remove_prefix(slash + 1);
    }
  };
  const auto globs = split(pattern), names = split(path);
  size_t g = 0, n = 0, star = globs.size(), mark = 0;
  while (n < names.size()) {
    if (g < globs.size() && globs[g] == "**") {
      // At the end it stands for what lies inside: at least one component.
      if (g + 1 == globs.size()) return true;
      star = g++;
      mark = n;
    } else if (g < globs.size() && glob_match(globs[g], names[n])) {
      ++g, ++n;
    } else if (star < globs.size()) {
      g = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  return g == globs.size();
}

std::string read_file(const fs::path& directory, const char* name) {
  auto tree = DirectoryTree::open(directory.string());
  if (!tree) return {};
  const auto text = (*tree)->read_resolved(name);
  return text ? std::string(*text) : std::string{};
}

// The tracked files of the checkout at `top` below `directory`, named from there. None where the index cannot be read:
// then the patterns alone decide.
std::vector<std::string> tracked_below(const std::string& top, const std::string& directory) {
  std::ifstream file(fs::path(top) / ".git" / "index", std::ios::binary | std::ios::ate);
  const auto size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0 || static_cast<size_t>(size) > kIndexBytes) return {};
  std::string bytes(static_cast<size_t>(size), '\0');
  file.seekg(0);
  if (!file.read(bytes.data(), size)) return {};
  auto paths = parse_git_index(bytes);
  if (!paths) return {};
  std::vector<std::string> below;
  const std::string prefix = directory.empty() ? "" : directory + "/";
  for (std::string& path : *paths)
    if (path.starts_with(prefix)) below.push_back(path.substr(prefix.size()));
  std::ranges::sort(below);
  return below;
}

}  // namespace

IgnoreFile::IgnoreFile(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#' || line.size() > kPatternBytes) continue;
    // Trailing blanks count only behind a backslash.
    while (line.ends_with(' ') && !(line.size() > 1 && line[line.size() - 2] == '\\'))
      line.remove_suffix(1);
    Pattern pattern;
    if (line.starts_with('!')) {
      pattern.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.directory_only = true;
      line.remove_suffix(1);
    }
    pattern.anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) line.remove_prefix(1);
    if (line.empty()) continue;
    pattern.glob = line;
    patterns_.push_back(std::move(pattern));
  }
}

IgnoreFile::Verdict IgnoreFile::judge(std::string_view path, bool directory) const {
  // The last pattern that matches decides.
  for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it) {
    if (it->directory_only && !directory) continue;
    if (it->anchored ? match_path(it->glob, path) : glob_match(it->glob, file_name(path)))
      return it->negated ? Verdict::included : Verdict::ignored;
  }
  return Verdict::none;
}

const IgnoreFile& Ignores::file_in(std::string_view directory) {
  const auto known = inner_.find(std::string(directory));
  if (known != inner_.end()) return known->second;
  const auto text = tree_.read(join_path(directory, ".gitignore"));
  return inner_.emplace(directory, IgnoreFile(text ? *text : std::string_view{})).first->second;
}

bool Ignores::tracked(std::string_view path, bool directory) const {
  const std::string wanted = std::string(path) + (directory ? "/" : "");
  const auto at = std::ranges::lower_bound(tracked_, wanted);
  return at != tracked_.end() && (directory ? at->starts_with(wanted) : *at == wanted);
}

bool Ignores::ignored(std::string_view path, bool directory) {
  if (!entered_.contains(std::string(parent_path(path))) && !matched(path, directory)) return false;
  if (!tracked(path, directory)) return true;
  if (directory) entered_.emplace(path);
  return false;
}

bool Ignores::matched(std::string_view path, bool directory) {
  // The nearest file decides; within a level, its last pattern.
  for (std::string_view at = parent_path(path);; at = parent_path(at)) {
    const auto verdict = file_in(at).judge(path.substr(at.empty() ? 0 : at.size() + 1), directory);
    if (verdict != IgnoreFile::Verdict::none) return verdict == IgnoreFile::Verdict::ignored;
    if (at.empty()) break;
  }
  for (auto it = outer_.rbegin(); it != outer_.rend(); ++it) {
    const auto verdict = it->second.judge(join_path(it->first, path), directory);
    if (verdict != IgnoreFile::Verdict::none) return verdict == IgnoreFile::Verdict::ignored;
  }
  return false;
}

Repository Repository::around(const std::string& directory) {
  Repository out;
  std::error_code failed;
  const fs::path start = fs::canonical(directory, failed);
  if (failed) return out;
  for (fs::path at = start;; at = at.parent_path()) {
    if (fs::exists(fs::symlink_status(at / ".git", failed))) {
      out.top_ = at.string();
      const fs::path relative = start.lexically_relative(at);
      out.path_ = relative == "." ? "" : relative.string();
      return out;
    }
    if (at == at.parent_path()) return out;
  }
}

Ignores Repository::ignores(const Tree& tree) const {
  std::vector<std::pair<std::string, IgnoreFile>> outer;
  if (found()) {
    outer.emplace_back(path_, IgnoreFile(read_file(fs::path(top_) / ".git" / "info", "exclude")));
    fs::path at = top_;
    std::string_view rest = path_;
    while (!rest.empty()) {
      outer.emplace_back(std::string(rest), IgnoreFile(read_file(at, ".gitignore")));
      const std::string part(rest.substr(0, rest.find('/')));
      at /= part;
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    }
  }
  return {tree, std::move(outer),
          found() ? tracked_below(top_, path_) : std::vector<std::string>{}};
}

}  // namespace drydock
