// A tree written down in code: for tests and for the examples of rules.
#pragma once

#include <map>
#include <string>

#include "analyzer/source/tree.h"

namespace drydock {

// Directories appear by themselves (root:root 0755). Records every read, so that a test can say what
// was not opened.
class MemoryTree : public Tree {
 public:
  MemoryTree& file(std::string_view path, std::string content, uint16_t mode = 0644,
                   uint32_t uid = 0, uint32_t gid = 0);
  MemoryTree& directory(std::string_view path, uint16_t mode = 0755, uint32_t uid = 0,
                        uint32_t gid = 0);
  MemoryTree& symlink(std::string_view path, std::string target);
  MemoryTree& node(std::string_view path, NodeType type, uint16_t mode, uint32_t uid = 0,
                   uint32_t gid = 0);
  // From now on reading `path` fails as unreadable.
  MemoryTree& break_file(std::string_view path);
  // From now on unread() says that there may be more at `path` and below it.
  MemoryTree& leave_unread(std::string_view path, std::string why);

  std::optional<Stat> lstat(std::string_view path) const override;
  TreeResult<std::vector<std::string>> list(std::string_view directory) const override;
  TreeResult<std::string_view> read(std::string_view path) const override;
  TreeResult<std::string> readlink(std::string_view path) const override;
  Xattrs xattrs(std::string_view path) const override;
  std::vector<Unread> unread() const override { return unread_; }

  const std::vector<std::string>& reads() const { return reads_; }

 private:
  struct Node {
    Stat stat;
    std::string content;  // of a symlink: its target
    bool broken = false;
  };
  Node& add(std::string_view path, NodeType type, uint16_t mode, uint32_t uid, uint32_t gid);

  std::map<std::string, Node, std::less<>> nodes_;
  std::vector<Unread> unread_;
  mutable std::vector<std::string> reads_;
};

}  // namespace drydock
