// What most containers come down to: a disk cut into blocks of one size, each somewhere in the file or
// nowhere (then it reads as zeros).
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "analyzer/source/disk/block.h"

namespace drydock {

// The table that says where: one entry of `width` bytes for each block.
struct BlockTable {
  std::string format = {};  // "VDI", for messages
  uint64_t offset = 0;      // of the first entry in the file
  size_t width = 4;         // bytes of an entry, at most 8
  uint64_t every = 0;  // not 0: behind so many entries one is skipped, for it means something else
  uint64_t block_size = 0;
  uint64_t disk_size = 0;
  // Byte position in the file of the block that an entry stands for; nullopt: nowhere, it reads as zeros. An
  // Error: the entry is damaged.
  std::function<Result<std::optional<uint64_t>>(const ByteView& entry)> place = {};
};

// Pages of a CachedDevice for the tables of a container: who reads a disk here and there asks for an entry of
// them each time.
inline constexpr size_t kTablePages = 16;

class BlockMapDevice : public BlockDevice {
 public:
  BlockMapDevice(BlockDevicePtr file, BlockTable table)
      : file_(std::move(file)), tables_(file_, kTablePages), table_(std::move(table)) {}

  uint64_t size() const override { return table_.disk_size; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

 private:
  BlockDevicePtr file_;
  CachedDevice tables_;
  BlockTable table_;
};

// The blocks of a container that were unpacked last, by their place in the file: a page here and a page there
// are asked of the same block.
class UnpackedBlocks {
 public:
  using Block = std::vector<std::byte>;

  // Of `block_size` bytes each; together about 4 MiB are kept, for each of `sharers` its part of them, but
  // one block at least.
  explicit UnpackedBlocks(size_t block_size, size_t sharers = 1);

  // Null: it is not kept. Both are valid until the next put().
  const Block* find(uint64_t place);
  const Block& put(uint64_t place, Block block);

 private:
  struct Kept {
    uint64_t place;
    Block block;
  };
  size_t most_;
  std::list<Kept> kept_;  // the one asked for last first
  std::unordered_map<uint64_t, std::list<Kept>::iterator> by_place_;
};

// The ranges of the disk whose blocks lie, wholly or in part, behind the end of `file`, because it was cut;
// blocks whose entries are lost count too. The table is read in large pieces, at most 64 MiB of it; what a
// longer one says is not looked at.
std::vector<ByteRange> lost_blocks(const BlockDevice& file, const BlockTable& table);

// Sorts the ranges and joins those that touch.
void join_ranges(std::vector<ByteRange>& ranges);
// Adds a range that begins at or behind the end of the last one, joined with it if they touch.
void append_range(std::vector<ByteRange>& ranges, ByteRange range);

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
