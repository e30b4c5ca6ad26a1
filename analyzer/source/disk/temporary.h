// A file without a name for what has to be unpacked before it can be read at any place.
#pragma once

#include <memory>
#include <string>

#include "analyzer/source/disk/block.h"

namespace drydock {

class TemporaryFile {
 public:
  // In $TMPDIR, or in /var/tmp, where large files belong (file-hierarchy(7)). It has no name from the start,
  // or loses it at once where the file system knows no such files: nothing is left behind whatever happens.
  // At most `limit` bytes, holes counted; the file system keeps 256 MiB free.
  static Result<std::unique_ptr<TemporaryFile>> create(uint64_t limit);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  // Writes behind the last byte. Blocks of zeros become holes.
  Result<void> append(std::span<const std::byte> bytes);
  // Grows to `size` bytes with a hole.
  Result<void> extend(uint64_t size);
  uint64_t size() const { return size_; }
  uint64_t stored() const { return stored_; }  // bytes that are no holes

  // The directory it would be in: for messages.
  static std::string directory();

  // What was written, as a device; this object is then done with.
  Result<BlockDevicePtr> finish(std::string name);

 private:
  TemporaryFile(int descriptor, uint64_t limit) : descriptor_(descriptor), limit_(limit) {}
  int descriptor_;
  uint64_t limit_;
  uint64_t size_ = 0, stored_ = 0;
  uint64_t checked_ = 0;  // bytes stored when the room was last looked at
};

}  // namespace drydock
