// What most containers come down to: a disk cut into blocks of one size, each somewhere in the file or
// nowhere (then it reads as zeros).
#pragma once

#include <functional>
#include <optional>

#include "analyzer/source/disk/block.h"

namespace drydock {

class BlockMapDevice : public BlockDevice {
 public:
  // Byte position in the file of block `number`; nullopt: zeros. An Error: the map is damaged there.
  using Place = std::function<Result<std::optional<uint64_t>>(uint64_t number)>;

  BlockMapDevice(BlockDevicePtr file, uint64_t size, uint64_t block_size, Place place)
      : file_(std::move(file)), size_(size), block_size_(block_size), place_(std::move(place)) {}

  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  BlockDevicePtr file_;
  uint64_t size_;
  uint64_t block_size_;
  Place place_;
};

// Several devices one behind the other.
class ConcatDevice : public BlockDevice {
 public:
  explicit ConcatDevice(std::vector<BlockDevicePtr> parts);
  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  std::vector<BlockDevicePtr> parts_;
  uint64_t size_ = 0;
};

// A device of zeros.
class ZeroDevice : public BlockDevice {
 public:
  explicit ZeroDevice(uint64_t size) : size_(size) {}
  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  uint64_t size_;
};

}  // namespace drydock
