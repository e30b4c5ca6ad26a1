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

}  // namespace

Result<void> BlockMapDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset);
  while (!into.empty()) {
    const uint64_t skip = offset % block_size_;
    const size_t length = std::min<uint64_t>(into.size(), block_size_ - skip);
    const auto place = place_(offset / block_size_);
    if (!place) return place.error();
    if (!*place)
      std::ranges::fill(into.first(length), std::byte{0});
    else if (auto done = file_->read(**place + skip, into.first(length)); !done)
      return done;
    offset += length;
    into = into.subspan(length);
  }
  return {};
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
