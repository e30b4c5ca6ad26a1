// The tree of an archive: the metadata of every entry, the contents of some. A million entries must
// fit into 150 MB, so nodes are small, live in blocks and refer to each other by number.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "analyzer/source/disk/block.h"
#include "analyzer/source/tree.h"

namespace drydock {

class ArchiveTree : public Tree {
 public:
  using Id = uint32_t;
  static constexpr Id kRoot = 0;
  static constexpr Id kNone = UINT32_MAX;

  ArchiveTree();

  // Tree
  std::optional<Stat> lstat(std::string_view path) const override;
  TreeResult<std::vector<std::string>> list(std::string_view directory) const override;
  TreeResult<std::string_view> read(std::string_view path) const override;
  TreeResult<std::string> readlink(std::string_view path) const override;
  // Of a file that is too large for `read`, from the copy that set_large or `fetch` brings.
  TreeResult<std::string> read_piece(std::string_view path, uint64_t offset,
                                     size_t length) const override;
  Xattrs xattrs(std::string_view path) const override;
  std::vector<Unread> unread() const override { return unread_; }
  void walk(std::string_view directory,
            const std::function<bool(std::string_view path, const Stat&)>& visit) const override;

  // ── Filling, in the order of the archive ──
  // `path` is normal (normal_path). Parents that are missing appear as root:root 0755; an entry
  // under a symbolic link lands where the link leads inside the tree, as when tar extracts it. An
  // entry that was there is replaced, but a directory keeps what lies in it. kNone: the bounds are
  // reached, or the path leads through a link to nowhere.
  Id put(std::string_view path, const Stat& stat);
  // A second name of a file; the target may come later. Call link_all() after the last entry.
  Id put_hard_link(std::string_view path, std::string target);
  void set_link_target(Id id, std::string_view target);
  void set_xattrs(Id id, Xattrs xattrs);
  // Where the entry stands in the archive, in the reader's own terms.
  void set_position(Id id, uint64_t position);
  void set_content(Id id, std::string content);
  // The content of a file that is too large for set_content.
  void set_large(Id id, BlockDevicePtr content);
  // A file that is too large for set_content is wanted all the same: fetch_contents gets it.
  void want_large(Id id) const { wanted_large_.insert(file_of(id)); }
  // The entry's data could not be read; `why` ends the sentence "'etc/fstab' …".
  void set_damaged(Id id, std::string why);
  void drop_content(Id id);
  // Something of the archive is not in the tree, and its diagnostics say so: `path`, or, when "", nobody
  // knows what.
  void note_unread(std::string_view path, std::string why);
  // Resolves hard links; gives the paths of those whose target is not in the archive.
  std::vector<std::string> link_all();

  // ── Looking, by number ──
  Id find(std::string_view path) const;
  size_t size() const { return count_; }  // nodes, the root included
  std::string path(Id id) const;
  std::string_view entry_name(Id id) const;
  Id parent(Id id) const { return node(id).parent; }
  NodeType type(Id id) const { return static_cast<NodeType>(node(id).type); }
  bool alive(Id id) const;  // false: something else took its place
  bool loaded(Id id) const;
  bool damaged(Id id) const { return damaged_.contains(id); }
  bool large_wanted(Id id) const { return wanted_large_.contains(id); }
  uint64_t position(Id id) const { return node(file_of(id)).data; }
  // The node that holds the data of a file: itself, or the one a hard link stands for.
  Id file_of(Id id) const;
  uint64_t file_size(Id id) const { return node(file_of(id)).size; }
  size_t retained() const { return retained_; }  // bytes of contents kept
  uint64_t retained_large() const { return retained_large_; }

  // Reads contents that were not kept, if the archive can be read again; it calls set_content or
  // set_damaged for each.
  std::function<void(const std::vector<Id>& files)> fetch;

 private:
  struct Node {
    uint64_t size = 0;
    int64_t mtime = 0;
    uint64_t data =
        0;  // file: position; symlink: offset of its target; device: rdev; hard link: node
    Id parent = kNone;
    Id first_child = kNone;
    Id next_sibling = kNone;
    uint32_t name = 0;  // offset in the names
    uint32_t uid = 0;
    uint32_t gid = 0;
    uint16_t name_size = 0;
    uint16_t mode = 0755;
    uint16_t links = 1;
    uint8_t type = static_cast<uint8_t>(NodeType::directory);
    uint8_t flags = 0;
  };
  static constexpr uint8_t kHardLink = 1, kHasXattrs = 2, kImplied = 4, kBroken = 8;
  static constexpr size_t kBlock = 2048;                 // nodes
  static constexpr size_t kNameBlock = size_t{1} << 18;  // bytes

  Node& node(Id id) { return blocks_[id / kBlock][id % kBlock]; }
  const Node& node(Id id) const { return blocks_[id / kBlock][id % kBlock]; }
  Stat stat_of(Id id) const;
  std::string_view text(uint32_t offset, size_t size) const;
  bool store_text(std::string_view text, uint32_t& offset);
  static uint64_t hash(Id parent, std::string_view name);
  size_t slot(Id parent, std::string_view name, uint64_t hash) const;
  Id child(Id parent, std::string_view name) const;
  Id add_child(Id parent, std::string_view name, uint64_t hash);
  Id child_or_new(Id parent, std::string_view name);
  Id make_directory(std::string_view path);
  Id place(std::string_view path);
  void grow_slots();

  std::vector<std::unique_ptr<Node[]>> blocks_;
  size_t count_ = 0;
  std::vector<std::unique_ptr<char[]>> names_;
  size_t names_size_ = 0;
  // Open addressing over (parent, name); the rest of the hash saves most looks at other nodes.
  struct Slot {
    Id id = kNone;
    uint32_t hash = 0;
  };
  std::vector<Slot> slots_;
  std::unordered_map<Id, std::string> contents_;
  std::unordered_map<Id, BlockDevicePtr> large_;
  mutable std::unordered_set<Id> wanted_large_;
  std::unordered_map<Id, std::string> damaged_;
  std::unordered_map<Id, Xattrs> xattrs_;
  std::vector<std::pair<Id, std::string>> hard_links_;
  std::vector<Unread> unread_;
  size_t retained_ = 0;
  uint64_t retained_large_ = 0;
  std::string last_directory_;  // entries come directory by directory
  Id last_directory_id_ = kRoot;
};

}  // namespace drydock
