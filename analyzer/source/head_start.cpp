#include "analyzer/source/head_start.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

namespace drydock {
namespace {

// "ustar", then a NUL and "00" (POSIX) or two blanks (GNU), at byte 257 of the first header (tar(5)). The tar of
// Version 7 has no mark; libarchive knows it by its checksum, and there is no hurry with those.
bool begins_as_tar(int fd) {
  constexpr char kMagic[] = {'u', 's', 't', 'a', 'r'};
  constexpr off_t kAt = 257;
  char found[sizeof kMagic];
  return pread(fd, found, sizeof found, kAt) == static_cast<ssize_t>(sizeof found) &&
         std::memcmp(found, kMagic, sizeof kMagic) == 0;
}

}  // namespace

std::shared_ptr<const int> own_fd(int fd) {
  return {new int(fd), [](const int* held) {
            if (*held > STDERR_FILENO) close(*held);
            delete held;
          }};
}

std::shared_ptr<HeadStart> HeadStart::on(const std::string& path) {
  struct stat st {};
  if (stat(path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return nullptr;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return nullptr;
  auto owned = own_fd(fd);
  if (!begins_as_tar(fd)) return nullptr;
  return std::shared_ptr<HeadStart>(new HeadStart(path, std::move(owned)));
}

HeadStart::HeadStart(std::string path, std::shared_ptr<const int> fd)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      stream_(stream_from_fd(*fd_, {})),
      entries_(std::make_unique<EntryReader>(*stream_)) {
  entries_->go_ahead();
}

}  // namespace drydock
