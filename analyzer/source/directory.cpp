#include "analyzer/source/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

constexpr size_t kOpenDirectories = 64;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

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

Stat stat_of(const struct stat& st) {
  Stat out;
  switch (st.st_mode & S_IFMT) {
    case S_IFDIR:
      out.type = NodeType::directory;
      break;
    case S_IFLNK:
      out.type = NodeType::symlink;
      break;
    case S_IFIFO:
      out.type = NodeType::fifo;
      break;
    case S_IFSOCK:
      out.type = NodeType::socket;
      break;
    case S_IFBLK:
      out.type = NodeType::block_device;
      break;
    case S_IFCHR:
      out.type = NodeType::char_device;
      break;
    default:
      out.type = NodeType::file;
      break;
  }
  out.mode = st.st_mode & 07777;
  out.uid = st.st_uid;
  out.gid = st.st_gid;
  // A directory's size tells of the file system it lies on, not of the host: archives have none.
  out.size = out.type == NodeType::directory ? 0 : static_cast<uint64_t>(st.st_size);
  out.mtime = st.st_mtime;
  out.links = out.type == NodeType::directory ? 1 : static_cast<uint32_t>(st.st_nlink);
  if (out.type == NodeType::block_device || out.type == NodeType::char_device)
    out.rdev = uint64_t{major(st.st_rdev)} << 32 | minor(st.st_rdev);
  return out;
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

// The names in the directory behind `fd` (taken over), sorted; errno's value in `code` on failure.
std::vector<std::string> names_of(Descriptor fd, int& code) {
  std::vector<std::string> names;
  DIR* dir = fdopendir(fd.get());
  if (!dir) {
    code = errno;
    return names;
  }
  fd.release();
  errno = 0;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  code = errno;
  closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

constexpr size_t kUnread = 1000;  // more directories than that are not remembered

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
  std::string key(path);
  if (const auto known = directories_.find(key); known != directories_.end()) return known->second;
  if (!well_formed(path)) {
    errno = ENOENT;
    return -1;
  }
  Descriptor at(-1);
  int from = root_;
  for (std::string_view rest = path; !rest.empty();) {
    const std::string part(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    Descriptor next(openat(from, part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) {
      const int code = errno;
      note_unread(parent_path(path.substr(0, path.size() - (rest.empty() ? 0 : rest.size() + 1))),
                  code);
      errno = code;
      return -1;
    }
    at = std::move(next);
    from = at.get();
  }
  if (directories_.size() >= kOpenDirectories) {
    for (const auto& [name, fd] : directories_) close(fd);
    directories_.clear();
  }
  return directories_.emplace(std::move(key), at.release()).first->second;
}

std::optional<Stat> DirectoryTree::lstat(std::string_view path) const {
  struct stat st;
  if (path.empty()) return fstat(root_, &st) == 0 ? std::optional(stat_of(st)) : std::nullopt;
  if (!well_formed(path)) return std::nullopt;
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
  const int at = directory(path);
  if (at < 0) return error_from_errno(errno, path);
  Descriptor fd(openat(at, ".", kOpenDirectory));
  int code = fd.get() < 0 ? errno : 0;
  std::vector<std::string> names;
  if (code == 0) names = names_of(std::move(fd), code);
  note_unread(path, code);
  if (code != 0) return error_from_errno(code, path);
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
  // An explicit stack with one open directory per level; below kOpenDirectories levels only the
  // names are kept and the directory is found again by its path.
  struct Level {
    Descriptor fd;
    std::vector<std::string> names;
    size_t next = 0;
    size_t path_size = 0;
  };
  std::vector<Level> levels;
  std::string path(start);
  const auto enter = [&](Descriptor fd) {
    if (fd.get() < 0) return;
    Descriptor listing(openat(fd.get(), ".", kOpenDirectory));
    int code = listing.get() < 0 ? errno : 0;
    std::vector<std::string> names;
    if (code == 0) names = names_of(std::move(listing), code);
    note_unread(path, code);
    if (code != 0 && names.empty()) return;
    if (levels.size() >= kOpenDirectories) fd = Descriptor(-1);
    levels.push_back({std::move(fd), std::move(names), 0, path.size()});
  };
  const int top = directory(start);
  if (top < 0) return;
  enter(Descriptor(openat(top, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  while (!levels.empty()) {
    Level& level = levels.back();
    path.resize(level.path_size);
    if (level.next == level.names.size()) {
      levels.pop_back();
      continue;
    }
    const std::string& name = level.names[level.next++];
    if (!path.empty()) path += '/';
    path += name;
    struct stat st;
    const int at = level.fd.get() >= 0 ? level.fd.get() : directory(parent_path(path));
    if (at < 0 || fstatat(at, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      note_unread(parent_path(path), errno);
      continue;
    }
    if (!visit(path, stat_of(st)) || !S_ISDIR(st.st_mode)) continue;
    if (path.size() > limits::kPathBytes) continue;
    Descriptor next(openat(at, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (next.get() < 0) note_unread(path, errno);
    enter(std::move(next));
  }
}

}  // namespace drydock
