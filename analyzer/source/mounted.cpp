#include "analyzer/source/mounted.h"

#include <algorithm>
#include <set>
#include <span>
#include <tuple>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

constexpr size_t kRememberedDirectories = 100'000;
constexpr size_t kRememberedDamage = 100;
constexpr size_t kInventory = 300'000;
constexpr size_t kHeldEntries = 2'000'000;  // names of the directories on the way down of a walk
// A host cannot name what lies deeper either, but by going there step by step.
constexpr size_t kLongestPath = 16 * limits::kPathBytes;
constexpr Stat kUnreadMountPoint{.type = NodeType::directory, .mode = 0755};

TreeError not_found(std::string_view path) {
  return {TreeError::Kind::not_found, "'" + std::string(path) + "' does not exist"};
}

// The file system speaks of inodes; people know paths.
TreeError at_path(std::string_view path, const TreeError& error) {
  return {error.kind, "'" + std::string(path) + "': " + error.message};
}

// The content of a file of a file system.
class ContentDevice : public BlockDevice {
 public:
  ContentDevice(FileSystemPtr fs, FileSystem::Inode inode, uint64_t size)
      : fs_(std::move(fs)), inode_(inode), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    constexpr size_t kPiece = 1 << 20;
    while (!into.empty()) {
      const auto piece = fs_->read(inode_, offset, std::min(into.size(), kPiece));
      if (!piece) return Error{piece.error().message, ""};
      if (piece->empty()) return Error{"the file ends before byte " + std::to_string(offset), ""};
      std::ranges::copy(std::as_bytes(std::span(*piece)), into.begin());
      into = into.subspan(piece->size());
      offset += piece->size();
    }
    return {};
  }
  using BlockDevice::read;

 private:
  FileSystemPtr fs_;
  FileSystem::Inode inode_;
  uint64_t size_;
};

}  // namespace

MountedTree::MountedTree(FileSystemPtr root) : root_{root.get(), root->root()} {
  file_systems_.push_back(std::move(root));
}

TreeResult<std::string> MountedTree::mount(std::string_view path, FileSystemPtr fs,
                                           FileSystem::Inode inode, bool make) {
  auto real = resolve(path);
  if (!real && make) {
    const auto parent = resolve(parent_path(path));
    if (parent && !lstat(join_path(*parent, file_name(path))))
      real = join_path(*parent, file_name(path));
  } else if (real) {
    const auto info = lstat(*real);
    if (!info || info->type != NodeType::directory) return not_found(path);
  }
  if (!real) return real.error();
  if (real->empty())
    root_ = {fs.get(), inode};
  else
    mounts_.insert_or_assign(*real, Node{fs.get(), inode});
  file_systems_.push_back(std::move(fs));
  forget();
  return *real;
}

TreeResult<std::string> MountedTree::bind(std::string_view from, std::string_view path,
                                          bool recursive) {
  const auto source = resolve(from), real = resolve(path);
  if (!source) return source.error();
  if (!real) return real.error();
  const auto node = find(*source);
  if (!node) return node.error();
  if (real->empty()) return not_found(path);
  std::vector<std::pair<std::string, Node>> below;
  const std::string inside = source->empty() ? "" : *source + "/";
  if (recursive)
    for (auto it = mounts_.lower_bound(inside);
         it != mounts_.end() && it->first.starts_with(inside); ++it)
      below.emplace_back(join_path(*real, it->first.substr(inside.size())), it->second);
  const auto unread = blocked_;
  if (recursive)
    for (auto it = unread.lower_bound(inside); it != unread.end() && it->first.starts_with(inside);
         ++it)
      blocked_.insert_or_assign(join_path(*real, it->first.substr(inside.size())), it->second);
  mounts_.insert_or_assign(*real, *node);
  for (auto& [place, mounted] : below) mounts_.insert_or_assign(std::move(place), mounted);
  forget();
  return *real;
}

TreeResult<BlockDevicePtr> MountedTree::device_of(std::string_view path) const {
  const auto node = find(path);
  if (!node) return at_path(path, node.error());
  const auto info = node->fs->stat(node->inode);
  if (!info) return at_path(path, info.error());
  if (info->type != NodeType::file)
    return TreeError{TreeError::Kind::wrong_type, "'" + std::string(path) + "' is no regular file"};
  for (const FileSystemPtr& fs : file_systems_)
    if (fs.get() == node->fs)
      return BlockDevicePtr(std::make_shared<ContentDevice>(fs, node->inode, info->size));
  return not_found(path);
}

void MountedTree::block(std::string_view path, std::string why) {
  const auto real = resolve(path);
  blocked_.insert_or_assign(real ? *real : normal_path(path), std::move(why));
  forget();
}

void MountedTree::forget() {
  directories_.clear();
  contents_.clear();
  inventory_ = {};
  too_many_names_ = false;
}

const std::string* MountedTree::blocked(std::string_view path) const {
  for (std::string_view at = path;; at = parent_path(at)) {
    if (const auto it = blocked_.find(at); it != blocked_.end()) return &it->second;
    if (at.empty()) return nullptr;
  }
}

TreeResult<MountedTree::Node> MountedTree::find(std::string_view path) const {
  if (!blocked_.empty())
    if (const std::string* why = blocked(path))
      return TreeError{TreeError::Kind::unreadable,
                       "'" + std::string(path) + "' is not read: " + *why};
  const Place place = place_of(path);
  if (place.seen && place.seen->node.fs) return place.seen->node;
  if (place.sure) return not_found(path);
  return walk_to(path);
}

TreeResult<MountedTree::Node> MountedTree::walk_to(std::string_view path) const {
  if (path.empty()) return root_;
  if (const auto mounted = mounts_.find(path); mounted != mounts_.end()) return mounted->second;
  // Components one by one from the deepest directory known; `at` is always a prefix of the path.
  std::string_view at = parent_path(path);
  Node node = root_;
  for (;; at = parent_path(at)) {
    if (at.empty()) break;
    if (const auto mounted = mounts_.find(at); mounted != mounts_.end()) {
      node = mounted->second;
      break;
    }
    if (const auto known = directories_.find(std::string(at)); known != directories_.end()) {
      node = known->second;
      break;
    }
  }
  while (at.size() < path.size()) {
    const size_t begin = at.empty() ? 0 : at.size() + 1;
    const size_t slash = path.find('/', begin);
    const std::string_view next = path.substr(0, slash);
    if (const auto mounted = mounts_.find(next); mounted != mounts_.end()) {
      node = mounted->second;
    } else {
      const auto inode = node.fs->lookup(node.inode, next.substr(begin));
      if (!inode) return inode.error();
      node = {node.fs, *inode};
      if (slash != std::string_view::npos && directories_.size() < kRememberedDirectories)
        directories_.emplace(next, node);
    }
    at = next;
  }
  return node;
}

std::optional<Stat> MountedTree::lstat(std::string_view path) const {
  // A mount point that could not be read is still a directory that exists.
  if (!blocked_.empty() && blocked_.contains(path)) return kUnreadMountPoint;
  if (const Place place = place_of(path); place.seen) return place.seen->what.stat;
  const auto node = find(path);
  const auto info = node ? node->fs->stat(node->inode) : TreeResult<Stat>(node.error());
  if (info) return *info;
  remember(path, info.error());
  return std::nullopt;
}

void MountedTree::remember(std::string_view path, const TreeError& error) const {
  if (error.kind == TreeError::Kind::unreadable && !blocked(path)) remember(path, error.message);
}

void MountedTree::remember(std::string_view path, std::string why) const {
  for (std::string_view above = parent_path(path); !above.empty(); above = parent_path(above))
    if (damaged_.contains(above)) return;
  damaged_.emplace(path, std::move(why));
  while (damaged_.size() > kRememberedDamage) coarsen_damage();
}

// Says of the deepest directories that have damage in them that any of it may be damaged.
void MountedTree::coarsen_damage() const {
  const auto depth = [](std::string_view path) { return std::ranges::count(path, '/'); };
  std::ptrdiff_t deepest = 0;
  for (const auto& [path, why] : damaged_) deepest = std::max(deepest, depth(path));
  std::map<std::string, std::string, std::less<>> out;
  for (auto& [path, why] : damaged_) {
    const std::string_view parent = parent_path(path);
    if (depth(path) < deepest)
      out.try_emplace(path, std::move(why));
    else if (parent.empty())
      out.try_emplace("", "there is more damage than is remembered");
    else
      out.try_emplace(std::string(parent), "it counts as damaged as a whole: " + why);
  }
  damaged_ = std::move(out);
}

TreeResult<std::vector<std::string>> MountedTree::list(std::string_view directory) const {
  const auto node = find(directory);
  if (const Place place = place_of(directory); node && place.seen && place.seen->whole &&
                                               place.seen->what.stat.type == NodeType::directory) {
    std::vector<std::string> names;
    names.reserve(place.seen->children);
    const auto first = inventory_.children.begin() + place.seen->first_child;
    for (auto child = first; child != first + place.seen->children; ++child)
      names.push_back(inventory_.seen[*child].name);
    return names;
  }
  auto entries =
      node ? node->fs->list(node->inode) : TreeResult<std::vector<FileSystem::Entry>>(node.error());
  if (!entries) {
    remember(directory, entries.error());
    return at_path(directory, entries.error());
  }
  add_mount_points(directory, *entries);
  std::vector<std::string> names;
  names.reserve(entries->size());
  for (FileSystem::Entry& entry : *entries) names.push_back(std::move(entry.name));
  return names;
}

TreeResult<std::string_view> MountedTree::read(std::string_view path) const {
  const auto [known, is_new] = contents_.try_emplace(std::string(path));
  if (!is_new) return std::string_view(known->second);
  const auto fail = [&](TreeError error) -> TreeResult<std::string_view> {
    contents_.erase(std::string(path));
    return error;
  };
  const auto node = find(path);
  if (!node) return fail(at_path(path, node.error()));
  const auto info = node->fs->stat(node->inode);
  if (!info) return fail(at_path(path, info.error()));
  if (info->size > limits::kFileContent)
    return fail({TreeError::Kind::too_large, "'" + std::string(path) + "' has " +
                                                 std::to_string(info->size) +
                                                 " bytes, more than is read of one file"});
  auto content = node->fs->read(node->inode, 0, limits::kFileContent);
  if (!content) return fail(at_path(path, content.error()));
  known->second = std::move(content).value();
  return std::string_view(known->second);
}

TreeResult<std::string> MountedTree::read_piece(std::string_view path, uint64_t offset,
                                                size_t length) const {
  const auto node = find(path);
  if (!node) return at_path(path, node.error());
  auto content = node->fs->read(node->inode, offset, length);
  if (!content) return at_path(path, content.error());
  return content;
}

TreeResult<std::string> MountedTree::readlink(std::string_view path) const {
  const auto node = find(path);
  if (!node) return at_path(path, node.error());
  auto target = node->fs->readlink(node->inode);
  if (!target) return at_path(path, target.error());
  return target;
}

Xattrs MountedTree::xattrs(std::string_view path) const {
  if (const Place place = place_of(path); place.seen && !place.seen->what.may_have_xattrs)
    return {};
  const auto node = find(path);
  auto found = node ? node->fs->xattrs(node->inode) : TreeResult<Xattrs>(node.error());
  if (found) return std::move(found).value();
  remember(path, found.error());
  return {};
}

std::vector<Unread> MountedTree::unread() const {
  std::vector<Unread> out;
  for (const auto& [path, why] : blocked_) out.push_back({path, why});
  for (const auto& [path, why] : damaged_) out.push_back({path, why});
  std::ranges::stable_sort(out, {}, &Unread::path);
  return out;
}

void MountedTree::add_mount_points(std::string_view directory,
                                   std::vector<FileSystem::Entry>& entries) const {
  const std::string inside = directory.empty() ? "" : std::string(directory) + "/";
  const auto add = [&](const auto& places) {
    for (auto it = places.lower_bound(inside); it != places.end() && it->first.starts_with(inside);
         ++it) {
      const std::string_view name = std::string_view(it->first).substr(inside.size());
      if (name.empty() || name.find('/') != std::string_view::npos) continue;
      const auto at = std::ranges::lower_bound(entries, name, {}, &FileSystem::Entry::name);
      if (at == entries.end() || at->name != name) entries.insert(at, {std::string(name), 0});
    }
  };
  add(mounts_);
  add(blocked_);
}

// The mount point that a path lies below.
std::string_view MountedTree::mount_of(std::string_view path) const {
  for (; !path.empty(); path = parent_path(path))
    if (const auto it = mounts_.find(path); it != mounts_.end()) return it->first;
  return {};
}

void MountedTree::take_inventory() const {
  if (!inventory_.seen.empty() || too_many_names_) return;
  const auto root = root_.fs->describe(root_.inode);
  if (!root) return;
  Inventory taken;
  taken.seen.push_back({.name = "", .what = *root, .node = root_});
  std::vector<std::string> incomplete;
  const bool all = walk_volumes(
      "", {.visit =
               [&](const Met& met) {
                 const auto depth = static_cast<uint32_t>(std::ranges::count(met.path, '/') + 1);
                 if (taken.seen.size() <= kInventory)
                   taken.seen.push_back({.name = std::string(file_name(met.path)),
                                         .what = met.what,
                                         .node = met.node,
                                         .depth = depth});
                 return taken.seen.size() <= kInventory;
               },
           .incomplete = [&](std::string_view directory) { incomplete.emplace_back(directory); }});
  too_many_names_ = !all || taken.seen.size() > kInventory;
  if (too_many_names_) return;
  connect(taken);
  inventory_ = std::move(taken);
  for (const std::string& directory : incomplete)
    if (const Seen* seen = place_of(directory).seen)
      inventory_.seen[static_cast<size_t>(seen - inventory_.seen.data())].whole = false;
}

// Where what lies below each name ends, and what lies directly in it.
void MountedTree::connect(Inventory& inventory) const {
  std::vector<Seen>& seen = inventory.seen;
  std::vector<uint32_t> open;
  const auto close = [&](uint32_t at, uint32_t depth) {
    for (; !open.empty() && seen[open.back()].depth >= depth; open.pop_back())
      seen[open.back()].end = at;
  };
  for (uint32_t i = 0; i < seen.size(); ++i) {
    close(i, seen[i].depth);
    open.push_back(i);
  }
  close(static_cast<uint32_t>(seen.size()), 0);
  inventory.children.reserve(seen.size());
  for (uint32_t i = 0; i < seen.size(); ++i) {
    seen[i].first_child = static_cast<uint32_t>(inventory.children.size());
    for (uint32_t child = i + 1; child < seen[i].end; child = seen[child].end)
      inventory.children.push_back(child);
    seen[i].children = static_cast<uint32_t>(inventory.children.size()) - seen[i].first_child;
  }
}

MountedTree::Place MountedTree::place_of(std::string_view path) const {
  if (inventory_.seen.empty() || (!blocked_.empty() && blocked(path))) return {};
  const Seen* at = inventory_.seen.data();
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const auto children = std::span(inventory_.children).subspan(at->first_child, at->children);
    const auto name = [&](uint32_t child) -> std::string_view {
      return inventory_.seen[child].name;
    };
    const auto found = std::ranges::lower_bound(children, part, {}, name);
    if (found == children.end() || name(*found) != part)
      return {.sure = at->whole && at->what.stat.type == NodeType::directory};
    at = &inventory_.seen[*found];
  }
  return {.seen = at};
}

bool MountedTree::walk_inventory(std::string_view directory, const Visit& visit) const {
  const Seen* const top = place_of(directory).seen;
  if (!top) return false;
  std::vector<size_t> lengths{directory.size()};  // of the path down to each depth
  std::string path(directory);
  const Seen* const all = inventory_.seen.data();
  for (const Seen* seen = top + 1; seen < all + top->end;) {
    const uint32_t depth = seen->depth - top->depth - 1;
    path.resize(lengths[depth]);
    if (!path.empty()) path += '/';
    path += seen->name;
    lengths.resize(depth + 1);
    lengths.push_back(path.size());
    seen = visit(path, seen->what.stat) ? seen + 1 : all + seen->end;
  }
  return true;
}

void MountedTree::walk(std::string_view directory, const Visit& visit) const {
  // Who walks the whole tree is hardly the only one.
  if (directory.empty()) take_inventory();
  if (!walk_inventory(directory, visit))
    walk_volumes(directory,
                 {.visit = [&](const Met& met) { return visit(met.path, met.what.stat); }});
}

bool MountedTree::walk_volumes(std::string_view directory, const VolumeVisit& visitor) const {
  // One frame for each directory on the way down.
  struct Frame {
    std::string path;
    const FileSystem* fs;
    std::vector<FileSystem::Entry> entries;
    size_t next = 0;
  };
  std::vector<Frame> frames;
  std::set<std::tuple<std::string_view, const FileSystem*, FileSystem::Inode>> entered;
  size_t held = 0;
  const auto miss = [&](const std::string& path, std::string why, std::string_view in) {
    remember(path, std::move(why));
    if (visitor.incomplete) visitor.incomplete(in);
  };
  const auto enter = [&](const std::string& path, const Node& node) {
    if (!entered.emplace(mount_of(path), node.fs, node.inode).second || path.size() > kLongestPath)
      return miss(path, "the file system is damaged: a directory is in two places", path);
    auto entries = node.fs->list(node.inode);
    if (!entries) return miss(path, entries.error().message, path);
    add_mount_points(path, *entries);
    if (held + entries->size() > kHeldEntries)
      return miss(path, "too many names on the way to it", path);
    held += entries->size();
    frames.push_back({path, node.fs, std::move(entries).value()});
  };
  const auto top = find(directory);
  if (!top) {
    remember(directory, top.error());
    return true;
  }
  enter(std::string(directory), *top);
  for (size_t seen = 0; !frames.empty();) {
    Frame& frame = frames.back();
    if (frame.next == frame.entries.size()) {
      held -= frame.entries.size();
      frames.pop_back();
      continue;
    }
    if (++seen > limits::kEntries) {
      remember(frame.path, "too many names in the tree");
      return false;
    }
    const FileSystem::Entry& entry = frame.entries[frame.next++];
    const std::string path = join_path(frame.path, entry.name);
    if (blocked_.contains(path)) {
      visitor.visit({path, {.stat = kUnreadMountPoint}, {}});
      continue;
    }
    const auto mounted = mounts_.find(path);
    const Node node = mounted == mounts_.end() ? Node{frame.fs, entry.inode} : mounted->second;
    const auto what = node.fs->describe(node.inode);
    if (!what)
      miss(path, what.error().message, frame.path);
    else if (visitor.visit({path, *what, node}) && what->stat.type == NodeType::directory)
      enter(path, node);
  }
  return true;
}

}  // namespace drydock
