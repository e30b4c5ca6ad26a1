// A walk over a directory of the machine drydock runs on, node by node; nothing of it is shared, so it may
// run in a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "analyzer/source/tree.h"

struct stat;

namespace drydock {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }
  int release();

 private:
  int fd_;
};

// The names in the directory behind `fd`, which was just opened, sorted; errno's value in `code` on failure.
std::vector<std::string> names_of(int fd, int& code);
Stat stat_of(const struct ::stat& st);
// An O_PATH descriptor of a directory below `root`, component by component and following no link; -1 and
// errno if there is none, `met` then counts the bytes of `path` up to the component that failed.
Descriptor open_directory(int root, std::string_view path, size_t& met);

struct WalkEntry {
  std::string path;
  Stat info;
  bool has_xattrs = true;  // false: it has none; asked only of programs
};

class DirectoryWalk {
 public:
  // From the directory `start` of the tree whose descriptor is `root` (which must stay open).
  // `missed` is told of directories that could not be listed or entered, with errno's value.
  using Missed = std::function<void(std::string_view directory, int code)>;
  DirectoryWalk(int root, std::string_view start, Missed missed);

  // The next node: parents before children, siblings sorted bytewise. False: that was all.
  bool next();
  const std::string& path() const { return path_; }
  const Stat& info() const { return info_; }
  // Asks whether the node has extended attributes.
  bool has_xattrs() const;
  // Goes on with what lies in the directory that next() gave.
  void enter();

 private:
  // One open directory per level; below some levels only the names are kept and the directory is
  // found again by its path.
  struct Level {
    Descriptor fd;
    std::vector<std::string> names;
    size_t next = 0;
    size_t path_size = 0;
  };
  void enter(Descriptor fd);

  int root_;
  Missed missed_;
  std::vector<Level> levels_;
  std::string path_;
  Stat info_;
  Descriptor found_again_;
  int parent_ = -1;
};

// A walk that a thread does, some way ahead of who wants it.
class WalkAhead {
 public:
  using LeftOut = bool (*)(std::string_view directory);
  WalkAhead(int root, LeftOut is_left_out);
  ~WalkAhead();

  LeftOut left_out() const { return left_out_; }
  // Some more nodes; empty: that was all, and missed() is complete.
  std::vector<WalkEntry> take();
  const std::vector<std::pair<std::string, int>>& missed() const { return missed_; }

 private:
  void run(int root);
  bool put(std::vector<WalkEntry>& chunk);

  const LeftOut left_out_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<WalkEntry>> ready_;
  bool done_ = false, unwanted_ = false;
  std::vector<std::pair<std::string, int>> missed_;
  std::thread thread_;
};

}  // namespace drydock
