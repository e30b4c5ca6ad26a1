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

Result<std::shared_ptr<FileDevice>> FileDevice::open(const std::string& path,
                                                     std::shared_ptr<ReadCost> cost) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Error{"'" + path + "' cannot be opened: " + std::strerror(errno), ""};
  return adopt(descriptor, path, std::move(cost));
}

Result<std::shared_ptr<FileDevice>> FileDevice::adopt(int descriptor, std::string name,
                                                      std::shared_ptr<ReadCost> cost) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
    close(descriptor);
    return Error{"'" + name + "' is no regular file", ""};
  }
  return std::shared_ptr<FileDevice>(new FileDevice(descriptor, static_cast<uint64_t>(info.st_size),
                                                    std::move(name), std::move(cost)));
}

FileDevice::~FileDevice() {
  close(descriptor_);
}

Result<void> FileDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset + into.size(), size_);
  if (cost_) {
    ++cost_->reads;
    cost_->bytes += into.size();
  }
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
  std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
  return {};
}

uint64_t SliceDevice::present() const {
  const uint64_t below = below_->present();
  return below > start_ ? std::min(size_, below - start_) : 0;
}

Result<void> SliceDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size_)) return beyond_end(offset + into.size(), size_);
  const auto at = checked_add(start_, offset);
  if (!at) return beyond_end(offset, size_);
  return below_->read(*at, into);
}

struct CachedDevice::Cache {
  // Small, for a host's files lie scattered: an inode table and a directory's block are wanted, not what is round
  // them. Who reads on gets more at once.
  static constexpr size_t kBytes = 4 * 1024;
  static constexpr size_t kMostAtOnce = kPageBytes / kBytes;

  struct Page {
    uint64_t number;
    std::vector<std::byte> bytes;
  };
  size_t capacity;
  std::list<Page> pages;  // most recently used first
  std::unordered_map<uint64_t, std::list<Page>::iterator> by_number;
  uint64_t expected = 0;  // the page behind the last one that had to be read
  size_t at_once = 1;     // pages to read next, if it is that one

  void put(uint64_t number, std::span<const std::byte> bytes) {
    if (by_number.contains(number)) return;
    if (pages.size() >= capacity) {
      by_number.erase(pages.back().number);
      pages.pop_back();
    }
    pages.push_front({number, {bytes.begin(), bytes.end()}});
    by_number.emplace(number, pages.begin());
  }

  // Reads page `number`, and some behind it when reading goes on from the last.
  Result<void> fill(const BlockDevice& below, uint64_t number) {
    at_once = number == expected ? std::min(2 * at_once, kMostAtOnce) : 1;
    const uint64_t start = number * kBytes;
    std::vector<std::byte> bytes(std::min<uint64_t>(at_once * kBytes, below.size() - start));
    auto done = below.read(start, std::span(bytes));
    if (!done && at_once > 1) {
      at_once = 1;
      bytes.resize(std::min<uint64_t>(kBytes, bytes.size()));
      done = below.read(start, std::span(bytes));
    }
    if (!done) return done;
    expected = number + at_once;
    // The page asked for last, so that it is the newest.
    for (size_t i = at_once; i-- > 0;)
      if (i * kBytes < bytes.size())
        put(number + i,
            std::span(bytes).subspan(i * kBytes, std::min(kBytes, bytes.size() - i * kBytes)));
    return {};
  }
};

CachedDevice::CachedDevice(BlockDevicePtr below, size_t pages)
    : below_(std::move(below)), cache_(std::make_unique<Cache>()) {
  cache_->capacity = std::max<size_t>(pages, 1) * Cache::kMostAtOnce;
}

CachedDevice::~CachedDevice() = default;

uint64_t CachedDevice::size() const {
  return below_->size();
}

uint64_t CachedDevice::present() const {
  return below_->present();
}

Result<void> CachedDevice::read(uint64_t offset, std::span<std::byte> into) const {
  if (!inside(offset, into.size(), size())) return beyond_end(offset + into.size(), size());
  while (!into.empty()) {
    const uint64_t number = offset / Cache::kBytes;
    const size_t skip = offset % Cache::kBytes;
    const size_t page_size = std::min<uint64_t>(Cache::kBytes, size() - number * Cache::kBytes);
    const size_t length = std::min(into.size(), page_size - skip);
    auto known = cache_->by_number.find(number);
    if (known != cache_->by_number.end()) {
      cache_->pages.splice(cache_->pages.begin(), cache_->pages, known->second);
    } else if (cache_->fill(*below_, number)) {
      known = cache_->by_number.find(number);
    } else {
      // Part of the page may be missing in a cut or damaged image: what was asked for may not be.
      if (auto exact = below_->read(offset, into.first(length)); !exact) return exact;
      offset += length;
      into = into.subspan(length);
      continue;
    }
    std::memcpy(into.data(), known->second->bytes.data() + skip, length);
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

}  // namespace drydock
