#include "analyzer/source/disk/temporary.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace drydock {
namespace {

constexpr size_t kBlock = 4096;
constexpr uint64_t kKeepFree = uint64_t{256} << 20;
constexpr uint64_t kLookEvery = uint64_t{64} << 20;

Error failed(const std::string& what, int code) {
  return {
      "the temporary file in '" + TemporaryFile::directory() + "' " + what + ": " +
          std::strerror(code),
      "TMPDIR names another directory; --no-temporary does without, and does not read the image"};
}

bool is_zero(std::span<const std::byte> bytes) {
  // Each byte like the one before it, and the first is zero.
  return bytes.front() == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

std::string TemporaryFile::directory() {
  const char* const wanted = std::getenv("TMPDIR");
  return wanted && *wanted == '/' ? wanted : "/var/tmp";
}

Result<std::unique_ptr<TemporaryFile>> TemporaryFile::create(uint64_t limit) {
  const std::string directory = TemporaryFile::directory();
  int descriptor = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    std::string name = directory + "/drydock-XXXXXX";
    descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) unlink(name.c_str());
  }
  if (descriptor < 0) return failed("cannot be made", errno);
  return std::unique_ptr<TemporaryFile>(new TemporaryFile(descriptor, limit));
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<void> TemporaryFile::append(std::span<const std::byte> bytes) {
  if (bytes.size() > limit_ - std::min(size_, limit_))
    return Error{"it unpacks to more than " + std::to_string(limit_ >> 30) + " GiB",
                 "--temporary-limit allows more"};
  while (!bytes.empty()) {
    // Up to the next border of a block, so that zeros are seen block by block.
    const size_t length = std::min(bytes.size(), kBlock - static_cast<size_t>(size_ % kBlock));
    const auto piece = bytes.first(length);
    if (!is_zero(piece)) {
      for (size_t at = 0; at < length;) {
        const ssize_t done =
            pwrite(descriptor_, piece.data() + at, length - at, static_cast<off_t>(size_ + at));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return failed("cannot be written", done < 0 ? errno : ENOSPC);
        at += static_cast<size_t>(done);
      }
      stored_ += length;
    }
    size_ += length;
    bytes = bytes.subspan(length);
  }
  if (stored_ - checked_ >= kLookEvery || checked_ == 0) {
    checked_ = std::max<uint64_t>(stored_, 1);
    struct statvfs room {};
    if (fstatvfs(descriptor_, &room) == 0 && room.f_bavail * room.f_frsize < kKeepFree)
      return failed("would fill its file system", ENOSPC);
  }
  return {};
}

Result<void> TemporaryFile::extend(uint64_t size) {
  if (size > limit_)
    return Error{"it unpacks to more than " + std::to_string(limit_ >> 30) + " GiB",
                 "--temporary-limit allows more"};
  size_ = std::max(size_, size);
  return {};
}

Result<BlockDevicePtr> TemporaryFile::finish(std::string name) {
  if (ftruncate(descriptor_, static_cast<off_t>(size_)) != 0)
    return failed("cannot be written", errno);
  auto file = FileDevice::adopt(std::exchange(descriptor_, -1), std::move(name));
  if (!file) return file.error();
  return BlockDevicePtr(std::move(file).value());
}

}  // namespace drydock
