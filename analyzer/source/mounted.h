// One tree from many file systems: a root and what is mounted below it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/source/fs/file_system.h"
#include "analyzer/source/tree.h"

namespace drydock {

// Paths are walked over (file system, inode) inside the image only. Mount points are real paths; the
// directory they cover is not seen, as on the running host.
class MountedTree : public Tree {
 public:
  explicit MountedTree(FileSystemPtr root);

  // Mounts the directory `inode` of `fs` at `path`, which must be a directory of the tree (not_found
  // otherwise: the host would fail to mount there as well); with `make` it may be missing.
  TreeResult<std::string> mount(std::string_view path, FileSystemPtr fs, FileSystem::Inode inode,
                                bool make = false);
  // Shows the directory or file `from` of this tree at `path` too (a bind mount); with `recursive` also
  // what is mounted below it.
  TreeResult<std::string> bind(std::string_view from, std::string_view path,
                               bool recursive = false);
  // Says that something would be mounted at `path` that could not be read: what lies below is unreadable.
  void block(std::string_view path, std::string why);
  // A regular file as a block device, which lives as long as its file system; `path` as that of read().
  TreeResult<BlockDevicePtr> device_of(std::string_view path) const;
  // Says that names may be missing anywhere.
  void doubt(std::string why) { remember("", std::move(why)); }

  std::optional<Stat> lstat(std::string_view path) const override;
  TreeResult<std::vector<std::string>> list(std::string_view directory) const override;
  TreeResult<std::string_view> read(std::string_view path) const override;
  TreeResult<std::string> readlink(std::string_view path) const override;
  Xattrs xattrs(std::string_view path) const override;
  // What is blocked, and whatever damage anybody has met.
  std::vector<Unread> unread() const override;
  // Enters no directory of a mount twice: only a damaged file system has one in two places, and would
  // have us walk for ever.
  void walk(std::string_view directory,
            const std::function<bool(std::string_view, const Stat&)>& visit) const override;
  // Remembered in memory, up to 300,000 names: no directory has to be read again to find a file.
  void take_inventory() const override;

  TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                     size_t length) const override;

 private:
  struct Node {
    const FileSystem* fs;
    FileSystem::Inode inode;
  };
  // The node at a path whose parents are real directories.
  TreeResult<Node> find(std::string_view path) const;
  TreeResult<Node> walk_to(std::string_view path) const;
  const std::string* blocked(std::string_view path) const;
  // Keeps in mind that `path` could not be read, if that is what the error says.
  void remember(std::string_view path, const TreeError& error) const;
  void remember(std::string_view path, std::string why) const;
  void coarsen_damage() const;
  std::string_view mount_of(std::string_view path) const;
  // Adds the mount points in `directory` that the file system itself does not have.
  void add_mount_points(std::string_view directory, std::vector<FileSystem::Entry>& entries) const;
  void forget();
  using Visit = std::function<bool(std::string_view, const Stat&)>;
  // What a walk over the volumes meets.
  struct Met {
    std::string_view path;
    FileSystem::Description what;
    Node node;  // of no file system: what would be there could not be read
  };
  struct VolumeVisit {
    std::function<bool(const Met&)> visit;
    // Told of a directory of which not every name was met.
    std::function<void(std::string_view directory)> incomplete = {};
  };
  // False: there are too many names to meet them all.
  bool walk_volumes(std::string_view directory, const VolumeVisit& visitor) const;
  bool walk_inventory(std::string_view directory, const Visit& visit) const;

  // A name in the inventory; what lies below it follows, up to `end`.
  struct Seen {
    std::string name;
    FileSystem::Description what;
    Node node;
    uint32_t depth = 0;  // of the root
    uint32_t end = 0;
    uint32_t first_child = 0, children = 0;  // in Inventory::children
    bool whole = true;                       // of a directory: every name in it is known
  };
  struct Inventory {
    std::vector<Seen> seen;          // in the order of a walk, the root first; empty: not taken
    std::vector<uint32_t> children;  // of each directory, in `seen`, sorted by name
  };
  struct Place {
    const Seen* seen = nullptr;  // null: it was not met
    bool sure = false;           // and would have been, if it were there
  };
  Place place_of(std::string_view path) const;
  void connect(Inventory& inventory) const;

  std::vector<FileSystemPtr> file_systems_;
  Node root_;
  std::map<std::string, Node, std::less<>> mounts_;
  std::map<std::string, std::string, std::less<>> blocked_;
  mutable std::map<std::string, std::string, std::less<>> damaged_;  // met so far
  mutable std::unordered_map<std::string, Node> directories_;        // of the paths walked so far
  mutable std::unordered_map<std::string, std::string> contents_;
  mutable Inventory inventory_;
  mutable bool too_many_names_ = false;  // for an inventory
};

}  // namespace drydock
