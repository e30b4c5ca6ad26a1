// What git says about a directory: whether it is in a checkout, and which files there are nobody's.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analyzer/source/tree.h"

namespace drydock {

// The patterns of one gitignore(5) file.
class IgnoreFile {
 public:
  explicit IgnoreFile(std::string_view text);

  enum class Verdict : uint8_t { none, ignored, included };
  // `path` is relative to the directory of the file.
  Verdict judge(std::string_view path, bool directory) const;
  bool empty() const { return patterns_.empty(); }

 private:
  struct Pattern {
    std::string glob;
    bool negated = false;
    bool directory_only = false;
    bool anchored = false;  // matched against the whole path, else against the last component
  };
  std::vector<Pattern> patterns_;
};

// The ignore files that apply in a tree, read as the walk meets their directories.
class Ignores {
 public:
  Ignores(const Tree& tree, std::vector<std::pair<std::string, IgnoreFile>> outer)
      : tree_(tree), outer_(std::move(outer)) {}

  // Whether git leaves `path` out. Its parents must not be ignored themselves (a walk that does not
  // enter ignored directories sees to that).
  bool ignored(std::string_view path, bool directory);

 private:
  const IgnoreFile& file_in(std::string_view directory);

  const Tree& tree_;
  // Files above the tree, with the path from their directory to the tree's root; the weakest first.
  std::vector<std::pair<std::string, IgnoreFile>> outer_;
  std::unordered_map<std::string, IgnoreFile> inner_;
};

// The checkout around a directory.
class Repository {
 public:
  // Looks for ".git" in `directory` and above it.
  static Repository around(const std::string& directory);

  bool found() const { return !top_.empty(); }
  // From the repository's root to the directory; "" when it is the root.
  const std::string& path() const { return path_; }
  // For the tree of that directory: .git/info/exclude and the .gitignore files above included.
  Ignores ignores(const Tree& tree) const;

 private:
  std::string top_;  // absolute
  std::string path_;
};

}  // namespace drydock
