#include "analyzer/source/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

constexpr size_t kOpenDirectories = 256;

TreeError error(TreeError::Kind kind, std::string_view path, const std::string& what) {
  return {kind, "'" + std::string(path) + "' " + what};
}

TreeError error_from_errno(int code, std::string_view path) {
  switch (code) {
    case ENOENT:
    case ENAMETOOLONG:
      return error(TreeError::Kind::not_found, path, "does not exist");
    case ENOTDIR:
      return error(TreeError::Kind::not_directory, path, "is no directory");
    default:
      return error(TreeError::Kind::unreadable, path,
                   std::string("cannot be read: ") + std::strerror(code));
  }
}

// A path as the primitives take it: no empty, "." or ".." component, nothing a C string would cut.
bool well_formed(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(std::min(path.size(), part.size() + 1));
  }
  return true;
}

constexpr size_t kStats = 50'000;  // nodes of which lstat(2)'s answer is remembered
constexpr size_t kUnread = 1000;   // more directories than that are not remembered

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

}  // namespace

Result<std::unique_ptr<DirectoryTree>> DirectoryTree::open(const std::string& path) {
  // The user's own path may well be a link; only what lies below is foreign.
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return Error{"'" + path + "' cannot be opened: " + std::strerror(errno),
                 errno == EACCES ? "run drydock as a user who may read it" : ""};
  return std::unique_ptr<DirectoryTree>(new DirectoryTree(fd));
}

DirectoryTree::~DirectoryTree() {
  for (const auto& [path, fd] : directories_) close(fd);
  if (piece_file_ >= 0) close(piece_file_);
  close(root_);
}

int DirectoryTree::directory(std::string_view path) const {
  if (path.empty()) return root_;
  if (const auto known = directories_.find(path); known != directories_.end()) return known->second;
  if (!well_formed(path)) {
    errno = ENOENT;
    return -1;
  }
  // From the nearest directory above that is open already.
  std::string_view above = parent_path(path);
  int from = root_;
  for (; !above.empty(); above = parent_path(above))
    if (const auto known = directories_.find(above); known != directories_.end()) {
      from = known->second;
      break;
    }
  size_t met = 0;
  const size_t begin = above.empty() ? 0 : above.size() + 1;
  Descriptor at = open_directory(from, path.substr(begin), met);
  if (at.get() < 0) {
    const int code = errno;
    note_unread(parent_path(path.substr(0, begin + met)), code);
    errno = code;
    return -1;
  }
  if (directories_.size() >= kOpenDirectories) {
    for (const auto& [name, fd] : directories_) close(fd);
    directories_.clear();
  }
  return directories_.emplace(path, at.release()).first->second;
}

// The directories on the way to every file are asked for again and again.
std::optional<Stat> DirectoryTree::lstat(std::string_view path) const {
  if (const auto known = stats_.find(path); known != stats_.end()) return known->second;
  const std::optional<Stat> info = ask_stat(path);
  if (stats_.size() < kStats) stats_.emplace(path, info);
  return info;
}

std::optional<Stat> DirectoryTree::ask_stat(std::string_view path) const {
  struct stat st;
  if (path.empty()) return fstat(root_, &st) == 0 ? std::optional(stat_of(st)) : std::nullopt;
  if (!well_formed(path)) return std::nullopt;
  if (const auto listed = names_.find(parent_path(path));
      listed != names_.end() && !std::ranges::binary_search(listed->second, file_name(path)))
    return std::nullopt;
  const int parent = directory(parent_path(path));
  if (parent < 0) return std::nullopt;
  if (fstatat(parent, std::string(file_name(path)).c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
    note_unread(parent_path(path), errno);
    return std::nullopt;
  }
  return stat_of(st);
}

void DirectoryTree::note_unread(std::string_view directory, int code) const {
  if (code == 0 || code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG || code == ELOOP)
    return;
  if (unread_.size() < kUnread)
    unread_.emplace(directory, std::strerror(code));
  else
    unread_.emplace("", "more directories than these could not be read");
}

std::vector<Unread> DirectoryTree::unread() const {
  std::vector<Unread> out;
  for (const auto& [path, why] : unread_) out.push_back({path, why});
  return out;
}

TreeResult<std::vector<std::string>> DirectoryTree::list(std::string_view path) const {
  if (const auto known = names_.find(path); known != names_.end()) return known->second;
  const int at = directory(path);
  if (at < 0) return error_from_errno(errno, path);
  Descriptor fd(openat(at, ".", kOpenDirectory));
  int code = fd.get() < 0 ? errno : 0;
  std::vector<std::string> names;
  if (code == 0) names = names_of(fd.get(), code);
  note_unread(path, code);
  if (code != 0) return error_from_errno(code, path);
  if (names_.size() < kOpenDirectories && names.size() < kStats) names_.emplace(path, names);
  return names;
}

TreeResult<int> DirectoryTree::open_file(std::string_view path, struct stat& st) const {
  const auto info = lstat(path);
  if (!info) return error(TreeError::Kind::not_found, path, "does not exist");
  if (info->type != NodeType::file)
    return error(TreeError::Kind::wrong_type, path, "is no regular file");
  const int parent = directory(parent_path(path));
  // Opening a device can act on it, so its type is asked before (above) and after: it may have been
  // exchanged in between, then O_NONBLOCK keeps a fifo from hanging us.
  Descriptor fd(openat(parent, std::string(file_name(path)).c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (fd.get() < 0) return error_from_errno(errno, path);
  if (fstat(fd.get(), &st) != 0) return error_from_errno(errno, path);
  if (!S_ISREG(st.st_mode)) return error(TreeError::Kind::wrong_type, path, "is no regular file");
  return fd.release();
}

TreeResult<std::string_view> DirectoryTree::read(std::string_view path) const {
  std::string key(path);
  if (const auto known = contents_.find(key); known != contents_.end())
    return std::string_view(known->second);
  struct stat st;
  const TreeResult<int> opened = open_file(path, st);
  if (!opened) return opened.error();
  const Descriptor fd(*opened);
  if (static_cast<uint64_t>(st.st_size) > limits::kFileContent)
    return error(TreeError::Kind::too_large, path, "is larger than 16 MiB");
  // Files of /proc say they are empty, and a file may grow: read until the end, not the size.
  std::string content;
  for (;;) {
    const size_t old = content.size();
    if (old > limits::kFileContent)
      return error(TreeError::Kind::too_large, path, "is larger than 16 MiB");
    content.resize(std::max<size_t>(old * 2, static_cast<size_t>(st.st_size) + 1));
    const ssize_t got = ::read(fd.get(), content.data() + old, content.size() - old);
    const int code = errno;
    content.resize(old + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) break;
    if (got < 0 && code != EINTR) return error_from_errno(code, path);
  }
  if (retained_ + content.size() > limits::kRetainedContent)
    return error(TreeError::Kind::unreadable, path,
                 "was not read: more than 64 MiB of files are in memory already");
  retained_ += content.size();
  return std::string_view(contents_.emplace(std::move(key), std::move(content)).first->second);
}

TreeResult<std::string> DirectoryTree::read_piece(std::string_view path, uint64_t offset,
                                                  size_t length) const {
  if (piece_file_ < 0 || piece_path_ != path) {
    struct stat st;
    const TreeResult<int> opened = open_file(path, st);
    if (!opened) return opened.error();
    if (piece_file_ >= 0) close(piece_file_);
    piece_file_ = *opened;
    piece_path_ = path;
  }
  struct stat st;
  if (fstat(piece_file_, &st) != 0) return error_from_errno(errno, path);
  const auto size = static_cast<uint64_t>(st.st_size);
  if (offset >= size) return std::string();
  std::string content(static_cast<size_t>(std::min<uint64_t>(length, size - offset)), '\0');
  for (size_t at = 0; at < content.size();) {
    const ssize_t got = pread(piece_file_, content.data() + at, content.size() - at,
                              static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_from_errno(errno, path);
    if (got == 0) content.resize(at);  // it was cut meanwhile
    at += static_cast<size_t>(got);
  }
  return content;
}

TreeResult<std::string> DirectoryTree::readlink(std::string_view path) const {
  const auto info = lstat(path);
  if (!info) return error(TreeError::Kind::not_found, path, "does not exist");
  if (info->type != NodeType::symlink)
    return error(TreeError::Kind::wrong_type, path, "is no symbolic link");
  std::string target(limits::kPathBytes + 1, '\0');
  const ssize_t got = readlinkat(directory(parent_path(path)), std::string(file_name(path)).c_str(),
                                 target.data(), target.size());
  if (got < 0) return error_from_errno(errno, path);
  target.resize(static_cast<size_t>(got));
  return target;
}

Xattrs DirectoryTree::xattrs(std::string_view path) const {
  if (visited_ && !visited_->has_xattrs && visited_->path == path) return {};
  if (!well_formed(path)) return {};
  const int parent = directory(parent_path(path));
  if (parent < 0) return {};
  // There is no lgetxattrat(2), and an O_PATH descriptor has none: the way through /proc is the
  // only one that neither opens the file nor follows it.
  const std::string name = "/proc/self/fd/" + std::to_string(parent) + "/" +
                           (path.empty() ? "." : std::string(file_name(path)));
  Xattrs out;
  const ssize_t needed = llistxattr(name.c_str(), nullptr, 0);
  if (needed <= 0) return out;  // most files
  std::string names(size_t{64} << 10, '\0');
  const ssize_t size = llistxattr(name.c_str(), names.data(), names.size());
  std::string value;
  for (ssize_t at = 0; at < size;) {
    const std::string key = names.c_str() + at;
    at += static_cast<ssize_t>(key.size()) + 1;
    value.assign(size_t{64} << 10, '\0');
    const ssize_t got = lgetxattr(name.c_str(), key.c_str(), value.data(), value.size());
    if (got < 0) continue;
    value.resize(static_cast<size_t>(got));
    out.emplace_back(key, value);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void DirectoryTree::walk(std::string_view start,
                         const std::function<bool(std::string_view, const Stat&)>& visit) const {
  DirectoryWalk walk(root_, start,
                     [&](std::string_view directory, int code) { note_unread(directory, code); });
  while (walk.next())
    if (visit(walk.path(), walk.info())) walk.enter();
}

void DirectoryTree::begin_walk(LeftOut left_out) const {
  ahead_ = std::make_unique<WalkAhead>(root_, left_out);
}

bool DirectoryTree::finish_walk(
    LeftOut left_out, const std::function<bool(std::string_view, const Stat&)>& visit) const {
  if (!ahead_ || ahead_->left_out() != left_out) return false;
  std::string skipped;  // with a '/' at its end
  for (auto chunk = ahead_->take(); !chunk.empty(); chunk = ahead_->take())
    for (const WalkEntry& one : chunk) {
      if (!skipped.empty() && one.path.starts_with(skipped)) continue;
      skipped.clear();
      visited_ = &one;
      if (!visit(one.path, one.info) && one.info.type == NodeType::directory)
        skipped = one.path + "/";
      visited_ = nullptr;
    }
  for (const auto& [directory, code] : ahead_->missed()) note_unread(directory, code);
  ahead_.reset();
  return true;
}

void begin_walk(const Tree& tree, LeftOut left_out) {
  if (const auto* directory = dynamic_cast<const DirectoryTree*>(&tree))
    directory->begin_walk(left_out);
}

void walk_but(const Tree& tree, LeftOut left_out,
              const std::function<bool(std::string_view path, const Stat&)>& visit) {
  if (const auto* directory = dynamic_cast<const DirectoryTree*>(&tree);
      directory && directory->finish_walk(left_out, visit))
    return;
  tree.walk("", [&](std::string_view path, const Stat& info) {
    return visit(path, info) && !(info.type == NodeType::directory && left_out(path));
  });
}

}  // namespace drydock
