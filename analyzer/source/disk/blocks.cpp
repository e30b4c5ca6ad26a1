#include "analyzer/source/disk/blocks.h"

#include <algorithm>

namespace drydock {
namespace {

Error beyond_end(uint64_t offset) {
  return {"byte " + std::to_string(offset) + " is beyond the disk's end", ""};
}

bool inside(uint64_t offset, uint64_t length, uint64_t size) {
  return offset <= size && length <= size - offset;
}

// Of the entry of block `number`. Tables and disks are small enough for 64 bits: the openers check both.
uint64_t position_of(const BlockTable& table, uint64_t number) {
  const uint64_t index = table.every == 0 ? number : number + number / table.every;
  return table.offset + index * table.width;
}

}  // namespace

Result<void> BlockMapDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size())) return beyond_end(offset);
  while (!into.empty()) {
    const uint64_t number = offset / table_.block_size, skip = offset % table_.block_size;
    const size_t length = std::min<uint64_t>(into.size(), table_.block_size - skip);
    std::byte raw[8];
    const auto entry = std::span(raw).first(table_.width);
    if (!tables_.read(position_of(table_, number), entry))
      return Error{"the " + table_.format + " image is damaged: its block table is cut short", ""};
    const auto place = table_.place(ByteView{Bytes(entry)});
    if (!place) return place.error();
    if (!*place)
      std::ranges::fill(into.first(length), std::byte{0});
    else if (auto done =
                 file_->read(checked_add(**place, skip).value_or(UINT64_MAX), into.first(length));
             !done)
      return done;
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

UnpackedBlocks::UnpackedBlocks(size_t block_size, size_t sharers)
    : most_(std::max<size_t>(
          1, (size_t{4} << 20) / std::max<size_t>(1, sharers) / std::max<size_t>(1, block_size))) {}

const UnpackedBlocks::Block* UnpackedBlocks::find(uint64_t place) {
  const auto found = by_place_.find(place);
  if (found == by_place_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return &kept_.front().block;
}

const UnpackedBlocks::Block& UnpackedBlocks::put(uint64_t place, Block block) {
  if (kept_.size() >= most_) {
    by_place_.erase(kept_.back().place);
    kept_.pop_back();
  }
  kept_.push_front({place, std::move(block)});
  by_place_[place] = kept_.begin();
  return kept_.front().block;
}

void append_range(std::vector<ByteRange>& ranges, ByteRange range) {
  if (range.length == 0) return;
  if (!ranges.empty() && ranges.back().offset + ranges.back().length == range.offset)
    ranges.back().length += range.length;
  else
    ranges.push_back(range);
}

void join_ranges(std::vector<ByteRange>& ranges) {
  std::ranges::sort(ranges, {}, &ByteRange::offset);
  std::vector<ByteRange> joined;
  for (const ByteRange& range : ranges) append_range(joined, range);
  ranges = std::move(joined);
}

std::vector<ByteRange> lost_blocks(const BlockDevice& file, const BlockTable& table) {
  constexpr uint64_t kMostOfATable = uint64_t{64} << 20;
  constexpr size_t kPiece = size_t{64} << 10;
  std::vector<ByteRange> lost;
  const uint64_t there = file.present();
  const uint64_t all =
      table.disk_size / table.block_size + (table.disk_size % table.block_size != 0);
  const uint64_t entries = std::min<uint64_t>(all, kMostOfATable / table.width);
  for (uint64_t number = 0; number < entries;) {
    uint64_t count = std::min<uint64_t>(kPiece / table.width, entries - number);
    if (table.every != 0) count = std::min(count, table.every - number % table.every);
    const uint64_t at = position_of(table, number);
    count = std::min(count, at < there ? (there - at) / table.width : 0);
    const auto raw = file.read(at, static_cast<size_t>(count * table.width));
    if (count == 0 || !raw) {  // the table itself was cut
      const uint64_t start = number * table.block_size;
      append_range(lost, {start, table.disk_size - start});
      return lost;
    }
    const ByteView view{Bytes(*raw)};
    for (uint64_t i = 0; i < count; ++i) {
      const auto place = table.place(view.view(i * table.width, table.width));
      if (!place || !*place) continue;
      const uint64_t start = (number + i) * table.block_size,
                     length = std::min(table.block_size, table.disk_size - start);
      const uint64_t whole = **place < there ? std::min(there - **place, length) : 0;
      append_range(lost, {start + whole, length - whole});
    }
    number += count;
  }
  return lost;
}

ConcatDevice::ConcatDevice(std::vector<BlockDevicePtr> parts) : parts_(std::move(parts)) {
  for (const BlockDevicePtr& part : parts_) size_ += part->size();
}

Result<void> ConcatDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset);
  for (const BlockDevicePtr& part : parts_) {
    if (into.empty()) break;
    if (offset >= part->size()) {
      offset -= part->size();
      continue;
    }
    const size_t length = std::min<uint64_t>(into.size(), part->size() - offset);
    if (auto done = part->read(offset, into.first(length)); !done) return done;
    into = into.subspan(length);
    offset = 0;
  }
  return {};
}

Result<void> ZeroDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset);
  std::ranges::fill(into, std::byte{0});
  return {};
}

}  // namespace drydock
