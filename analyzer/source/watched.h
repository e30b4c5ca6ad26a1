// A tree that remembers what was looked for in vain: where part of a tree was not read, that nothing was
// found there says nothing.
#pragma once

#include <string>
#include <vector>

#include "analyzer/source/tree.h"

namespace drydock {

// A stretch of what was looked for, [begin, end).
struct LookStretch {
  size_t begin = 0;
  size_t end = SIZE_MAX;
};

class WatchedTree : public Tree {
 public:
  // `tree` must live as long.
  explicit WatchedTree(const Tree& tree) : tree_(tree) {
    escapes_are_errors = tree.escapes_are_errors;
  }

  std::optional<Stat> lstat(std::string_view path) const override;
  TreeResult<std::vector<std::string>> list(std::string_view directory) const override;
  TreeResult<std::string_view> read(std::string_view path) const override;
  TreeResult<std::string> readlink(std::string_view path) const override;
  Xattrs xattrs(std::string_view path) const override;
  TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                     size_t length) const override;
  std::vector<Unread> unread() const override { return tree_.unread(); }
  void take_inventory() const override { tree_.take_inventory(); }
  void walk(std::string_view directory,
            const std::function<bool(std::string_view path, const Stat&)>& visit) const override;

  // Says that everything below `directory` was looked through by other means.
  void looked_through(std::string_view directory) const { look(Kind::below, directory); }

  using Stretch = LookStretch;
  // Where the next look will be remembered.
  size_t mark() const { return looks_.size(); }
  // Forgets all looks.
  void clear() { looks_.clear(); }

  // The parts of the tree that were not read and in which something may lie that was looked for in
  // vain, and the files that could not be read when they were asked for; sorted by path.
  std::vector<Unread> missed(Stretch stretch = {}) const;

 private:
  enum class Kind : uint8_t {
    at,      // this path, or what lies directly in it
    below,   // everything below it
    itself,  // this path, which is there
    failed,  // this file, which is there
  };
  struct Look {
    Kind kind;
    std::string path;
    std::string why = {};  // failed only
  };
  void look(Kind kind, std::string_view path, std::string why = {}) const;

  const Tree& tree_;
  mutable std::vector<Look> looks_;
};

}  // namespace drydock
