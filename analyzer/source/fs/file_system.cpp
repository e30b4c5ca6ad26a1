#include "analyzer/source/fs/file_system.h"

#include <algorithm>

namespace drydock {

TreeResult<FileSystem::Description> FileSystem::describe(Inode inode) const {
  auto info = stat(inode);
  if (!info) return info.error();
  return Description{.stat = std::move(info).value()};
}

TreeResult<FileSystem::Inode> FileSystem::lookup(Inode directory, std::string_view wanted) const {
  const auto entries = list(directory);
  if (!entries) return entries.error();
  const auto found = std::ranges::lower_bound(*entries, wanted, {}, &Entry::name);
  if (found == entries->end() || found->name != wanted)
    return TreeError{TreeError::Kind::not_found, "'" + std::string(wanted) + "' does not exist"};
  return found->inode;
}

}  // namespace drydock
