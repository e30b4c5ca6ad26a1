// What git says about a directory: whether it is in a checkout, and which files there are nobody's.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
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

// The ignore files that apply in a tree, read as the walk meets their directories. gitignore(5): "Files already tracked
// by Git are not affected".
class Ignores {
 public:
  // `tracked`: paths from the root of the tree, sorted.
  Ignores(const Tree& tree, std::vector<std::pair<std::string, IgnoreFile>> outer,
          std::vector<std::string> tracked)
      : tree_(tree), outer_(std::move(outer)), tracked_(std::move(tracked)) {}

  // Whether git leaves `path` out: for a directory, whether it does so with all that lies in it. The walk must come
  // from above and not enter directories for which this said yes.
  bool ignored(std::string_view path, bool directory);

 private:
  bool matched(std::string_view path, bool directory);
  bool tracked(std::string_view path, bool directory) const;
  const IgnoreFile& file_in(std::string_view directory);

  const Tree& tree_;
  // Files above the tree, with the path from their directory to the tree's root; the weakest first.
  std::vector<std::pair<std::string, IgnoreFile>> outer_;
  std::unordered_map<std::string, IgnoreFile> inner_;
  std::vector<std::string> tracked_;
  std::unordered_set<std::string> entered_;  // ignored, but something tracked lies in them
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
