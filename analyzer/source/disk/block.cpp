#include "analyzer/source/disk/block.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <unordered_map>

namespace drydock {
namespace {

Error beyond_end(uint64_t offset, uint64_t size) {
  return {"byte " + std::to_string(offset) + " is beyond the end, " + std::to_string(size), ""};
}

// Is [offset, offset + length) inside `size` bytes?
bool inside(uint64_t offset, uint64_t length, uint64_t size) {
  return offset <= size && length <= size - offset;
}

}  // namespace

Result<std::vector<std::byte>> BlockDevice::read(uint64_t offset, size_t length) const {
  if (!inside(offset, length, size())) return beyond_end(offset + length, size());
  std::vector<std::byte> out(length);
  if (auto done = read(offset, std::span(out)); !done) return done.error();
  return out;
}

Result<std::shared_ptr<FileDevice>> FileDevice::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Error{"'" + path + "' cannot be opened: " + std::strerror(errno), ""};
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return Error{"'" + path + "' is no regular file", ""};
  }
  return std::shared_ptr<FileDevice>(
      new FileDevice(descriptor, static_cast<uint64_t>(info.st_size), path));
}

FileDevice::~FileDevice() {
  close(descriptor_);
}

Result<void> FileDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset + into.size(), size_);
  ++cost_.reads;
  cost_.bytes += into.size();
  while (!into.empty()) {
    const ssize_t got = pread(descriptor_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{"reading '" + name_ + "' failed: " + std::strerror(errno), ""};
    if (got == 0) return Error{"'" + name_ + "' became shorter while it was read", ""};
    offset += static_cast<uint64_t>(got);
    into = into.subspan(static_cast<size_t>(got));
  }
  return {};
}

Result<void> MemoryDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), content_.size()))
    return beyond_end(offset + into.size(), content_.size());
  std::memcpy(into.data(), content_.data() + offset, into.size());
  return {};
}

Result<void> SliceDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset + into.size(), size_);
  const auto at = checked_add(start_, offset);
  if (!at) return beyond_end(offset, size_);
  return below_->read(*at, into);
}

struct CachedDevice::Cache {
  struct Page {
    uint64_t number;
    std::vector<std::byte> bytes;
  };
  size_t capacity;
  std::list<Page> pages;  // most recently used first
  std::unordered_map<uint64_t, std::list<Page>::iterator> by_number;
};

CachedDevice::CachedDevice(BlockDevicePtr below, size_t pages)
    : below_(std::move(below)), cache_(std::make_unique<Cache>()) {
  cache_->capacity = std::max<size_t>(pages, 1);
}

CachedDevice::~CachedDevice() = default;

uint64_t CachedDevice::size() const {
  return below_->size();
}

Result<void> CachedDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size())) return beyond_end(offset + into.size(), size());
  while (!into.empty()) {
    const uint64_t number = offset / kPageBytes;
    const size_t skip = offset % kPageBytes;
    const size_t page_size = std::min<uint64_t>(kPageBytes, size() - number * kPageBytes);
    const size_t length = std::min(into.size(), page_size - skip);
    auto known = cache_->by_number.find(number);
    if (known == cache_->by_number.end()) {
      std::vector<std::byte> bytes(page_size);
      if (auto done = below_->read(number * kPageBytes, std::span(bytes)); !done) {
        // Part of the page may be missing in a cut or damaged image: what was asked for may not be.
        if (auto exact = below_->read(offset, into.first(length)); !exact) return exact;
        offset += length;
        into = into.subspan(length);
        continue;
      }
      if (cache_->pages.size() >= cache_->capacity) {
        cache_->by_number.erase(cache_->pages.back().number);
        cache_->pages.pop_back();
      }
      cache_->pages.push_front({number, std::move(bytes)});
      known = cache_->by_number.emplace(number, cache_->pages.begin()).first;
    } else {
      cache_->pages.splice(cache_->pages.begin(), cache_->pages, known->second);
    }
    std::memcpy(into.data(), known->second->bytes.data() + skip, length);
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

}  // namespace drydock
