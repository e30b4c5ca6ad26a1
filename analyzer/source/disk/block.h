// Random-access bytes under a file system: a raw image, a qcow2, a partition, a logical volume.
// They stack in any order; each layer sees only the one below.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analyzer/base/bytes.h"
#include "analyzer/base/result.h"

namespace drydock {

// The bytes [offset, offset + length).
struct ByteRange {
  uint64_t offset = 0;
  uint64_t length = 0;
};

class BlockDevice {
 public:
  virtual ~BlockDevice() = default;

  // Bytes that a guest would see.
  virtual uint64_t size() const = 0;

  // So many of them, from the start, lie in what was handed over; fewer than size() where the file
  // below was cut. Of a container: all, for its blocks lie anywhere (Disk::missing says which are lost).
  virtual uint64_t present() const { return size(); }

  // Fills `into` from `offset`. Fails, naming why, when any byte of the range cannot be had: beyond
  // the end, in a part that the file was cut before, or in a damaged structure. Never returns
  // made-up bytes.
  virtual Result<void> read(uint64_t offset, std::span<std::byte> into) const = 0;

  // The bytes [offset, offset + length) in a buffer of their own; `length` is the caller's bound,
  // so check on-disk counts before asking.
  Result<std::vector<std::byte>> read(uint64_t offset, size_t length) const;
};

using BlockDevicePtr = std::shared_ptr<const BlockDevice>;

// What reading cost so far.
struct ReadCost {
  uint64_t reads = 0;
  uint64_t bytes = 0;
};

// A regular file, read with pread(2); keeps its descriptor.
class FileDevice : public BlockDevice {
 public:
  // Opens `path` (O_NOFOLLOW is not used: the user named it). Fails with the system's reason. What is read
  // is added to `cost`, if given.
  static Result<std::shared_ptr<FileDevice>> open(const std::string& path,
                                                  std::shared_ptr<ReadCost> cost = nullptr);
  // Takes over an open descriptor; fails, having closed it, when that is no regular file. `name` is for
  // messages.
  static Result<std::shared_ptr<FileDevice>> adopt(int descriptor, std::string name,
                                                   std::shared_ptr<ReadCost> cost = nullptr);
  ~FileDevice() override;
  FileDevice(const FileDevice&) = delete;
  FileDevice& operator=(const FileDevice&) = delete;

  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

  int descriptor() const { return descriptor_; }

 private:
  FileDevice(int descriptor, uint64_t size, std::string name, std::shared_ptr<ReadCost> cost)
      : descriptor_(descriptor), size_(size), name_(std::move(name)), cost_(std::move(cost)) {}
  int descriptor_;
  uint64_t size_;
  std::string name_;
  std::shared_ptr<ReadCost> cost_;
};

// Bytes in memory: tests, and overlays.
class MemoryDevice : public BlockDevice {
 public:
  explicit MemoryDevice(std::vector<std::byte> content) : content_(std::move(content)) {}
  uint64_t size() const override { return content_.size(); }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  std::vector<std::byte> content_;
};

// The bytes [start, start + size) of another device: a partition, an image inside a tar.
class SliceDevice : public BlockDevice {
 public:
  // A slice that reaches beyond the device below is allowed (a cut image): reading there fails.
  SliceDevice(BlockDevicePtr below, uint64_t start, uint64_t size)
      : below_(std::move(below)), start_(start), size_(size) {}
  uint64_t size() const override { return size_; }
  uint64_t present() const override;
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

  uint64_t start() const { return start_; }

 private:
  BlockDevicePtr below_;
  uint64_t start_;
  uint64_t size_;
};

// A least-recently-used cache of 64 KiB pages under everything: it turns a file system's thousands
// of small reads into few, and makes compressed containers free. `pages` bounds its memory.
class CachedDevice : public BlockDevice {
 public:
  static constexpr size_t kPageBytes = 64 * 1024;

  explicit CachedDevice(BlockDevicePtr below, size_t pages = 256);
  ~CachedDevice() override;
  uint64_t size() const override;
  uint64_t present() const override;
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  struct Cache;
  BlockDevicePtr below_;
  std::unique_ptr<Cache> cache_;
};

}  // namespace drydock
