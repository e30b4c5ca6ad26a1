#include "analyzer/source/disk/packed.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>

namespace drydock {

std::string_view DeviceStream::next() {
  constexpr uint64_t kBlock = 128 * 1024;
  if (!error_.empty() || at_ >= size()) return {};
  buffer_ ^= 1;
  std::vector<std::byte>& block = buffers_[buffer_];
  block.resize(std::min(kBlock - at_ % 4096, size() - at_));
  if (auto done = device_->read(at_, std::span(block)); !done) {
    error_ = done.error().message;
    return {};
  }
  at_ += block.size();
  return {reinterpret_cast<const char*>(block.data()), block.size()};
}

uint64_t DeviceStream::skip(uint64_t bytes) {
  // Never beyond the end: what was cut must not look as if it ended there by itself.
  bytes = std::min(bytes, size() - std::min(at_, size()));
  at_ += bytes;
  return bytes;
}

bool DeviceStream::seek(uint64_t position) {
  at_ = position;
  return true;
}

std::optional<Pieces::Piece> StreamPieces::next() {
  const std::string_view block = stream_.next();
  if (block.empty()) return std::nullopt;
  return Piece{stream_.position() - block.size() - start_, block};
}

std::optional<Pieces::Piece> EntryPieces::next() {
  const void* data = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  for (;;) {
    const int result = archive_read_data_block(reader_.handle(), &data, &size, &offset);
    if (result == ARCHIVE_EOF) return std::nullopt;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      error_ = reader_.error();
      return std::nullopt;
    }
    if (size == 0) continue;
    const auto start = static_cast<uint64_t>(offset);
    if (start < end_ || start > (uint64_t{1} << 60)) {
      error_ = "its map of holes is damaged";
      return std::nullopt;
    }
    end_ = start + size;
    return Piece{start, {static_cast<const char*>(data), size}};
  }
}

std::optional<uint64_t> EntryPieces::size() const {
  if (!archive_entry_size_is_set(reader_.entry())) return std::nullopt;
  return static_cast<uint64_t>(std::max<la_int64_t>(archive_entry_size(reader_.entry()), 0));
}

uint64_t Head::size() const {
  if (ended_) return bytes_.size();
  return pieces_.size().value_or(uint64_t{1} << 50);
}

void Head::get(uint64_t end) const {
  while (bytes_.size() < end && !ended_ && !rest_) {
    const auto piece = pieces_.next();
    if (!piece) {
      ended_ = true;
      if (const auto stated = pieces_.size(); stated && pieces_.error().empty())
        bytes_.resize(std::max<uint64_t>(bytes_.size(), std::min<uint64_t>(*stated, kMost)));
      return;
    }
    if (piece->offset + piece->bytes.size() > kMost) {
      rest_ = piece;
      bytes_.resize(std::max<uint64_t>(bytes_.size(), std::min<uint64_t>(piece->offset, kMost)));
      return;
    }
    bytes_.resize(piece->offset);
    const auto raw = std::as_bytes(std::span(piece->bytes));
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }
}

Result<void> Head::read(uint64_t offset, std::span<std::byte> into) const {
  if (offset <= kMost && into.size() <= kMost - offset) {
    get(offset + into.size());
    if (offset + into.size() <= bytes_.size()) {
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
      return {};
    }
  }
  return Error{"byte " + std::to_string(offset) + " is not at the start", ""};
}

}  // namespace drydock
