#include "analyzer/source/archive_tree.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "analyzer/base/limits.h"
#include "analyzer/source/large_file.h"

namespace drydock {
namespace {

// All names and link targets together; the nodes themselves are bounded by limits::kEntries.
constexpr size_t kNamesTotal = size_t{1} << 30;

TreeError error(TreeError::Kind kind, std::string_view path, std::string_view what) {
  return {kind, "'" + std::string(path) + "' " + std::string(what)};
}

}  // namespace

ArchiveTree::ArchiveTree() : slots_(size_t{1} << 16) {
  blocks_.push_back(std::make_unique<Node[]>(kBlock));
  count_ = 1;
  node(kRoot).flags = kImplied;
}

std::string_view ArchiveTree::text(uint32_t offset, size_t size) const {
  return {names_[offset / kNameBlock].get() + offset % kNameBlock, size};
}

bool ArchiveTree::store_text(std::string_view text, uint32_t& offset) {
  if (text.size() > kNameBlock) return false;
  if (names_.empty() || names_size_ % kNameBlock + text.size() > kNameBlock ||
      names_size_ == names_.size() * kNameBlock) {
    if ((names_.size() + 1) * kNameBlock > kNamesTotal) return false;
    names_size_ = names_.size() * kNameBlock;
    names_.push_back(std::make_unique_for_overwrite<char[]>(kNameBlock));
  }
  offset = static_cast<uint32_t>(names_size_);
  std::memcpy(names_.back().get() + names_size_ % kNameBlock, text.data(), text.size());
  names_size_ += text.size();
  return true;
}

uint64_t ArchiveTree::hash(Id parent, std::string_view name) {
  return std::hash<std::string_view>{}(name) + parent * uint64_t{0x9E3779B97F4A7C15u};
}

// The slot in which (parent, name) is or belongs.
size_t ArchiveTree::slot(Id parent, std::string_view name, uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.id == kNone) return at;
    if (slot.hash != static_cast<uint32_t>(hash >> 32)) continue;
    const Node& other = node(slot.id);
    if (other.parent == parent && other.name_size == name.size() &&
        text(other.name, other.name_size) == name)
      return at;
  }
}

void ArchiveTree::grow_slots() {
  slots_.assign(slots_.size() * 2, {});
  for (Id id = 1; id < count_; ++id) {
    const uint64_t h = hash(node(id).parent, entry_name(id));
    slots_[slot(node(id).parent, entry_name(id), h)] = {id, static_cast<uint32_t>(h >> 32)};
  }
}

ArchiveTree::Id ArchiveTree::child(Id parent, std::string_view name) const {
  return slots_[slot(parent, name, hash(parent, name))].id;
}

ArchiveTree::Id ArchiveTree::child_or_new(Id parent, std::string_view name) {
  const uint64_t h = hash(parent, name);
  const Id known = slots_[slot(parent, name, h)].id;
  return known != kNone ? known : add_child(parent, name, h);
}

ArchiveTree::Id ArchiveTree::add_child(Id parent, std::string_view name, uint64_t h) {
  if (count_ > limits::kEntries) return kNone;
  uint32_t offset = 0;
  if (!store_text(name, offset)) return kNone;
  if (count_ * 4 > slots_.size() * 3) grow_slots();
  const auto id = static_cast<Id>(count_++);
  if (id / kBlock == blocks_.size()) blocks_.push_back(std::make_unique<Node[]>(kBlock));
  Node& made = node(id);
  made.name = offset;
  made.name_size = static_cast<uint16_t>(name.size());
  made.parent = parent;
  made.flags = kImplied;
  made.next_sibling = node(parent).first_child;
  node(parent).first_child = id;
  slots_[slot(parent, name, h)] = {id, static_cast<uint32_t>(h >> 32)};
  return id;
}

// The directory an entry lies in, made where it is missing. Links on the way are followed.
ArchiveTree::Id ArchiveTree::make_directory(std::string_view path) {
  if (path == last_directory_) return last_directory_id_;
  Id at = kRoot;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    Id next = child_or_new(at, name);
    if (next == kNone) return kNone;
    if (type(next) == NodeType::symlink) {
      const auto real = resolve(path.substr(0, end));
      next = real ? find(*real) : kNone;
      if (next == kNone) return kNone;
    }
    if (type(next) != NodeType::directory) {
      // A file was there before: the later entries say it is a directory.
      Node& node_at = node(next);
      drop_content(next);
      node_at = Node{.parent = node_at.parent,
                     .first_child = node_at.first_child,
                     .next_sibling = node_at.next_sibling,
                     .name = node_at.name,
                     .name_size = node_at.name_size,
                     .flags = kImplied};
    }
    at = next;
    begin = end + 1;
  }
  last_directory_ = path;
  last_directory_id_ = at;
  return at;
}

// The node of an entry, new or as it was.
ArchiveTree::Id ArchiveTree::place(std::string_view path) {
  if (path.empty()) return kRoot;
  const Id directory = make_directory(parent_path(path));
  if (directory == kNone) return kNone;
  return child_or_new(directory, file_name(path));
}

ArchiveTree::Id ArchiveTree::put(std::string_view path, const Stat& stat) {
  const Id id = place(path);
  if (id == kNone || (id == kRoot && stat.type != NodeType::directory)) return kNone;
  Node& at = node(id);
  if (!(at.flags & kImplied)) {
    drop_content(id);
    damaged_.erase(id);
    xattrs_.erase(id);
  }
  if (at.type != static_cast<uint8_t>(stat.type))
    last_directory_.clear(), last_directory_id_ = kRoot;
  at.size = stat.size;
  at.mtime = stat.mtime;
  at.data = stat.rdev;
  at.uid = stat.uid;
  at.gid = stat.gid;
  at.mode = stat.mode;
  at.links = static_cast<uint16_t>(std::min<uint32_t>(stat.links, UINT16_MAX));
  at.type = static_cast<uint8_t>(stat.type);
  at.flags = 0;
  return id;
}

ArchiveTree::Id ArchiveTree::put_hard_link(std::string_view path, std::string target) {
  const Id id = put(path, Stat{});
  if (id == kNone) return kNone;
  node(id).flags = kHardLink | kBroken;
  hard_links_.emplace_back(id, std::move(target));
  return id;
}

std::vector<std::string> ArchiveTree::link_all() {
  std::unordered_map<Id, const std::string*> open;  // the last of several for one path counts
  for (const auto& [id, target] : hard_links_)
    if (node(id).flags & kBroken) open[id] = &target;
  std::vector<std::string> lost;
  for (const auto& [id, first] : open) {
    // A link to a link: the chain is as long as the archive has names for it, and may be a circle.
    Id to = find(*first);
    for (int steps = 0; to != kNone && (node(to).flags & kBroken); ++steps)
      to = steps < limits::kSymlinks ? find(*open.at(to)) : kNone;
    if (to != kNone) to = file_of(to);
    if (to == kNone || to == id || type(to) != NodeType::file) {
      lost.push_back(path(id));
      continue;
    }
    node(id).flags = kHardLink;
    node(id).data = to;
    if (node(to).links < UINT16_MAX) ++node(to).links;
  }
  hard_links_.clear();
  std::sort(lost.begin(), lost.end());
  return lost;
}

void ArchiveTree::set_link_target(Id id, std::string_view target) {
  uint32_t offset = 0;
  const bool stored = store_text(target, offset);
  node(id).data = offset;
  node(id).size = stored ? target.size() : 0;
}

void ArchiveTree::set_xattrs(Id id, Xattrs xattrs) {
  if (!xattrs.empty()) xattrs_[id] = std::move(xattrs);
}

void ArchiveTree::set_position(Id id, uint64_t position) {
  node(id).data = position;
}

void ArchiveTree::set_content(Id id, std::string content) {
  drop_content(id);
  retained_ += content.size();
  contents_[id] = std::move(content);
}

void ArchiveTree::set_large(Id id, BlockDevicePtr content) {
  drop_content(id);
  retained_large_ += content->size();
  large_[id] = std::move(content);
}

void ArchiveTree::set_damaged(Id id, std::string why) {
  drop_content(id);
  damaged_[id] = std::move(why);
}

void ArchiveTree::note_unread(std::string_view path, std::string why) {
  if (!unread_.empty() && unread_.front().path.empty()) return;  // everything is in doubt already
  constexpr size_t kRemembered = 1000;
  if (unread_.size() == kRemembered) path = {}, why = "more of it was left out than is remembered";
  const auto at = std::ranges::lower_bound(unread_, path, {}, &Unread::path);
  if (at == unread_.end() || at->path != path)
    unread_.insert(at, {std::string(path), std::move(why), true});
}

void ArchiveTree::drop_content(Id id) {
  if (const auto large = large_.find(id); large != large_.end()) {
    retained_large_ -= large->second->size();
    large_.erase(large);
  }
  const auto at = contents_.find(id);
  if (at == contents_.end()) return;
  retained_ -= at->second.size();
  contents_.erase(at);
}

ArchiveTree::Id ArchiveTree::find(std::string_view path) const {
  Id at = kRoot;
  for (size_t begin = 0; begin < path.size();) {
    if (type(at) != NodeType::directory) return kNone;
    const size_t end = std::min(path.find('/', begin), path.size());
    at = child(at, path.substr(begin, end - begin));
    if (at == kNone) return kNone;
    begin = end + 1;
  }
  return at;
}

std::string_view ArchiveTree::entry_name(Id id) const {
  return id == kRoot ? std::string_view{} : text(node(id).name, node(id).name_size);
}

std::string ArchiveTree::path(Id id) const {
  size_t size = 0;
  for (Id at = id; at != kRoot; at = node(at).parent) size += node(at).name_size + 1u;
  if (size == 0) return {};
  std::string out(size - 1, '/');
  size_t end = size - 1;
  for (Id at = id; at != kRoot; at = node(at).parent) {
    const std::string_view name = entry_name(at);
    end -= name.size();
    name.copy(out.data() + end, name.size());
    if (end > 0) --end;
  }
  return out;
}

bool ArchiveTree::alive(Id id) const {
  for (Id at = node(id).parent; at != kNone; at = node(at).parent)
    if (type(at) != NodeType::directory) return false;
  return true;
}

ArchiveTree::Id ArchiveTree::file_of(Id id) const {
  const Node& at = node(id);
  return (at.flags & kHardLink) && !(at.flags & kBroken) ? static_cast<Id>(at.data) : id;
}

bool ArchiveTree::loaded(Id id) const {
  return contents_.contains(file_of(id)) || large_.contains(file_of(id));
}

Stat ArchiveTree::stat_of(Id id) const {
  const Node& at = node(file_of(id));
  Stat out{.type = static_cast<NodeType>(at.type),
           .mode = at.mode,
           .uid = at.uid,
           .gid = at.gid,
           .size = at.size,
           .mtime = at.mtime,
           .links = at.links,
           .rdev = 0};
  if (out.type == NodeType::block_device || out.type == NodeType::char_device) out.rdev = at.data;
  return out;
}

std::optional<Stat> ArchiveTree::lstat(std::string_view path) const {
  const Id id = find(path);
  return id == kNone ? std::nullopt : std::optional(stat_of(id));
}

void ArchiveTree::walk(std::string_view directory,
                       const std::function<bool(std::string_view, const Stat&)>& visit) const {
  struct Step {
    Id id;
    size_t parent_size;  // bytes of its directory's path
  };
  std::vector<Step> pending;
  std::string path(directory);
  const auto push = [&](Id parent) {
    const size_t begin = pending.size();
    for (Id at = node(parent).first_child; at != kNone; at = node(at).next_sibling)
      pending.push_back({at, path.size()});
    std::sort(pending.begin() + static_cast<ptrdiff_t>(begin), pending.end(),
              [&](const Step& a, const Step& b) { return entry_name(a.id) > entry_name(b.id); });
  };
  const Id start = find(directory);
  if (start == kNone || type(start) != NodeType::directory) return;
  push(start);
  while (!pending.empty()) {
    const auto [id, parent_size] = pending.back();
    pending.pop_back();
    path.resize(parent_size);
    if (!path.empty()) path += '/';
    path += entry_name(id);
    if (visit(path, stat_of(id)) && type(id) == NodeType::directory) push(id);
  }
}

TreeResult<std::vector<std::string>> ArchiveTree::list(std::string_view directory) const {
  const Id id = find(directory);
  if (id == kNone) return error(TreeError::Kind::not_found, directory, "does not exist");
  if (type(id) != NodeType::directory)
    return error(TreeError::Kind::not_directory, directory, "is no directory");
  std::vector<std::string> names;
  for (Id at = node(id).first_child; at != kNone; at = node(at).next_sibling)
    names.emplace_back(entry_name(at));
  std::sort(names.begin(), names.end());
  return names;
}

TreeResult<std::string_view> ArchiveTree::read(std::string_view path) const {
  const Id name = find(path);
  if (name == kNone) return error(TreeError::Kind::not_found, path, "does not exist");
  if (type(name) != NodeType::file)
    return error(TreeError::Kind::wrong_type, path, "is no regular file");
  if (node(name).flags & kBroken)
    return error(TreeError::Kind::unreadable, path, "is a hard link to a file that is not there");
  const Id id = file_of(name);
  if (node(id).size > limits::kFileContent)
    return error(TreeError::Kind::too_large, path, "is larger than 16 MiB");
  if (!contents_.contains(id) && !damaged_.contains(id) && fetch) fetch({id});
  if (const auto content = contents_.find(id); content != contents_.end())
    return std::string_view(content->second);
  if (const auto damage = damaged_.find(id); damage != damaged_.end())
    return error(TreeError::Kind::unreadable, path, damage->second);
  return error(TreeError::Kind::unreadable, path,
               "was not kept while the archive passed, and it cannot be read twice");
}

TreeResult<std::string> ArchiveTree::read_piece(std::string_view path, uint64_t offset,
                                                size_t length) const {
  const Id name = find(path);
  const Id id = name == kNone || (node(name).flags & kBroken) ? kNone : file_of(name);
  if (id == kNone || type(id) != NodeType::file || node(id).size <= limits::kFileContent)
    return Tree::read_piece(path, offset, length);
  if (node(id).size > limits::kLargeFile)
    return error(TreeError::Kind::too_large, path,
                 "is larger than " + std::to_string(limits::kLargeFile >> 20) + " MiB");
  if (!large_.contains(id) && !damaged_.contains(id) && fetch) {
    want_large(id);
    fetch({id});
  }
  if (const auto damage = damaged_.find(id); damage != damaged_.end())
    return error(TreeError::Kind::unreadable, path, damage->second);
  const auto content = large_.find(id);
  if (content == large_.end())
    return error(TreeError::Kind::unreadable, path,
                 "was not kept while the archive passed, and it cannot be read twice");
  const BlockDevice& bytes = *content->second;
  if (offset >= bytes.size()) return std::string();
  std::string piece(static_cast<size_t>(std::min<uint64_t>(length, bytes.size() - offset)), '\0');
  if (const auto done = bytes.read(offset, std::as_writable_bytes(std::span(piece))); !done)
    return error(TreeError::Kind::unreadable, path, "cannot be read: " + done.error().message);
  return piece;
}

TreeResult<std::string> ArchiveTree::readlink(std::string_view path) const {
  const Id id = find(path);
  if (id == kNone) return error(TreeError::Kind::not_found, path, "does not exist");
  if (type(id) != NodeType::symlink)
    return error(TreeError::Kind::wrong_type, path, "is no symbolic link");
  return std::string(text(static_cast<uint32_t>(node(id).data), node(id).size));
}

Xattrs ArchiveTree::xattrs(std::string_view path) const {
  if (xattrs_.empty()) return {};
  const Id id = find(path);
  if (id == kNone) return {};
  const auto found = xattrs_.find(file_of(id));
  return found == xattrs_.end() ? Xattrs{} : found->second;
}

}  // namespace drydock
