#include "analyzer/source/directory_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "analyzer/base/limits.h"

namespace drydock {
namespace {

constexpr size_t kOpenLevels = 64;
constexpr size_t kChunk = 512;   // nodes handed over at once
constexpr size_t kChunks = 256;  // as many wait at most: some 20 MB
constexpr size_t kMissed = 1000;

constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr int kPathOnly = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}
Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
int Descriptor::release() {
  return std::exchange(fd_, -1);
}

Stat stat_of(const struct ::stat& st) {
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

// getdents64(2) itself: readdir(3) would need a descriptor of its own for each directory.
std::vector<std::string> names_of(int fd, int& code) {
  std::vector<std::string> names;
  alignas(dirent64) char buffer[size_t{32} << 10];
  for (;;) {
    const ssize_t got = getdents64(fd, buffer, sizeof buffer);
    if (got < 0) code = errno;
    if (got <= 0) break;
    for (ssize_t at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      at += entry->d_reclen;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Descriptor open_directory(int root, std::string_view path, size_t& met) {
  if (path.empty()) return Descriptor(openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  Descriptor at;
  int from = root;
  for (size_t begin = 0; begin < path.size() && from >= 0;) {
    const size_t end = std::min(path.find('/', begin), path.size());
    met = end;
    at = Descriptor(openat(from, std::string(path.substr(begin, end - begin)).c_str(), kPathOnly));
    from = at.get();
    begin = end + 1;
  }
  return at;
}

DirectoryWalk::DirectoryWalk(int root, std::string_view start, Missed missed)
    : root_(root), missed_(std::move(missed)), path_(start) {
  size_t met = 0;
  Descriptor at = open_directory(root, start, met);
  enter(Descriptor(at.get() < 0 ? -1 : openat(at.get(), ".", kOpenDirectory)));
}

void DirectoryWalk::enter(Descriptor fd) {
  if (fd.get() < 0) return;
  int code = 0;
  std::vector<std::string> names = names_of(fd.get(), code);
  if (code != 0) missed_(path_, code);
  if (code != 0 && names.empty()) return;
  if (levels_.size() >= kOpenLevels) fd = Descriptor(-1);
  levels_.push_back({std::move(fd), std::move(names), 0, path_.size()});
}

bool DirectoryWalk::next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    path_.resize(level.path_size);
    if (level.next == level.names.size()) {
      levels_.pop_back();
      continue;
    }
    const std::string& name = level.names[level.next++];
    parent_ = level.fd.get();
    if (parent_ < 0) {
      size_t met = 0;
      found_again_ = open_directory(root_, path_, met);
      parent_ = found_again_.get();
    }
    if (!path_.empty()) path_ += '/';
    path_ += name;
    struct stat st;
    if (parent_ < 0 || fstatat(parent_, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      missed_(parent_path(path_), errno);
      continue;
    }
    info_ = stat_of(st);
    return true;
  }
  return false;
}

bool DirectoryWalk::has_xattrs() const {
  const std::string name =
      "/proc/self/fd/" + std::to_string(parent_) + "/" + std::string(file_name(path_));
  return llistxattr(name.c_str(), nullptr, 0) != 0;  // a failure is somebody else's to meet
}

void DirectoryWalk::enter() {
  if (info_.type != NodeType::directory || path_.size() > limits::kPathBytes) return;
  Descriptor next(openat(parent_, std::string(file_name(path_)).c_str(), kOpenDirectory));
  if (next.get() < 0) missed_(path_, errno);
  enter(std::move(next));
}

WalkAhead::WalkAhead(int root, LeftOut is_left_out) : left_out_(is_left_out) {
  thread_ = std::thread([this, root] { run(root); });
}

WalkAhead::~WalkAhead() {
  {
    const std::lock_guard lock(mutex_);
    unwanted_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WalkAhead::run(int root) {
  DirectoryWalk walk(root, "", [this](std::string_view directory, int code) {
    if (missed_.size() < kMissed) missed_.emplace_back(directory, code);
  });
  std::vector<WalkEntry> chunk;
  bool wanted = true;
  while (wanted && walk.next()) {
    const Stat& info = walk.info();
    const bool program = info.type == NodeType::file && (info.mode & 0111) != 0;
    chunk.push_back({walk.path(), info, !program || walk.has_xattrs()});
    if (info.type == NodeType::directory && !left_out_(walk.path())) walk.enter();
    if (chunk.size() == kChunk) wanted = put(chunk);
  }
  put(chunk);
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
}

bool WalkAhead::put(std::vector<WalkEntry>& chunk) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return unwanted_ || ready_.size() < kChunks; });
  if (unwanted_) return false;
  if (!chunk.empty()) ready_.push_back(std::exchange(chunk, {}));
  changed_.notify_all();
  return true;
}

std::vector<WalkEntry> WalkAhead::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_ || !ready_.empty(); });
  if (ready_.empty()) return {};
  std::vector<WalkEntry> chunk = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  return chunk;
}

}  // namespace drydock
