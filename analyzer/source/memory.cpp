#include "analyzer/source/memory.h"

namespace drydock {

MemoryTree::Node& MemoryTree::add(std::string_view path, NodeType type, uint16_t mode, uint32_t uid,
                                  uint32_t gid) {
  if (const std::string_view parent = parent_path(path);
      !parent.empty() && !nodes_.contains(parent))
    add(parent, NodeType::directory, 0755, 0, 0);
  Node& node = nodes_[std::string(path)];
  node = {};
  node.stat.type = type;
  node.stat.mode = mode;
  node.stat.uid = uid;
  node.stat.gid = gid;
  return node;
}

MemoryTree& MemoryTree::file(std::string_view path, std::string content, uint16_t mode,
                             uint32_t uid, uint32_t gid) {
  Node& node = add(path, NodeType::file, mode, uid, gid);
  node.stat.size = content.size();
  node.content = std::move(content);
  return *this;
}

MemoryTree& MemoryTree::directory(std::string_view path, uint16_t mode, uint32_t uid,
                                  uint32_t gid) {
  add(path, NodeType::directory, mode, uid, gid);
  return *this;
}

MemoryTree& MemoryTree::symlink(std::string_view path, std::string target) {
  Node& node = add(path, NodeType::symlink, 0777, 0, 0);
  node.stat.size = target.size();
  node.content = std::move(target);
  return *this;
}

MemoryTree& MemoryTree::node(std::string_view path, NodeType type, uint16_t mode, uint32_t uid,
                             uint32_t gid) {
  add(path, type, mode, uid, gid);
  return *this;
}

MemoryTree& MemoryTree::break_file(std::string_view path) {
  if (const auto it = nodes_.find(path); it != nodes_.end()) it->second.broken = true;
  return *this;
}

MemoryTree& MemoryTree::leave_unread(std::string_view path, std::string why) {
  unread_.push_back({std::string(path), std::move(why)});
  return *this;
}

std::optional<Stat> MemoryTree::lstat(std::string_view path) const {
  if (path.empty()) return Stat{.type = NodeType::directory, .mode = 0755};
  const auto it = nodes_.find(path);
  if (it == nodes_.end()) return std::nullopt;
  return it->second.stat;
}

TreeResult<std::vector<std::string>> MemoryTree::list(std::string_view directory) const {
  const auto info = lstat(directory);
  if (!info)
    return TreeError{TreeError::Kind::not_found, "'" + std::string(directory) + "' does not exist"};
  if (info->type != NodeType::directory)
    return TreeError{TreeError::Kind::not_directory,
                     "'" + std::string(directory) + "' is no directory"};
  const std::string prefix = directory.empty() ? "" : std::string(directory) + "/";
  std::vector<std::string> names;
  for (auto it = nodes_.lower_bound(prefix); it != nodes_.end() && it->first.starts_with(prefix);
       ++it) {
    const std::string_view rest = std::string_view(it->first).substr(prefix.size());
    if (!rest.empty() && rest.find('/') == std::string_view::npos) names.emplace_back(rest);
  }
  return names;
}

TreeResult<std::string_view> MemoryTree::read(std::string_view path) const {
  const auto it = nodes_.find(path);
  if (it == nodes_.end())
    return TreeError{TreeError::Kind::not_found, "'" + std::string(path) + "' does not exist"};
  if (it->second.stat.type != NodeType::file)
    return TreeError{TreeError::Kind::wrong_type, "'" + std::string(path) + "' is no regular file"};
  if (it->second.broken)
    return TreeError{TreeError::Kind::unreadable, "'" + std::string(path) + "' cannot be read"};
  reads_.emplace_back(path);
  return std::string_view(it->second.content);
}

TreeResult<std::string> MemoryTree::readlink(std::string_view path) const {
  const auto it = nodes_.find(path);
  if (it == nodes_.end() || it->second.stat.type != NodeType::symlink)
    return TreeError{TreeError::Kind::wrong_type,
                     "'" + std::string(path) + "' is no symbolic link"};
  return it->second.content;
}

Xattrs MemoryTree::xattrs(std::string_view) const {
  return {};
}

}  // namespace drydock
