// Disk images are mostly holes, and a fuzzer's inputs are small: an input is a row of pieces, each a place and
// what lies there. tools/pack-seed makes such an input of an image.
#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

#include "analyzer/base/bytes.h"
#include "analyzer/source/disk/block.h"

namespace drydock::fuzz {

// Little-endian: the size in units of 512 bytes (4 bytes), then pieces: the place in units of 16 bytes (4 bytes),
// the length (2 bytes), the bytes. At most 16 MiB; pieces beyond the size are left out.
class SparseInput : public BlockDevice {
 public:
  SparseInput(const uint8_t* data, size_t size) {
    const ByteView view{std::as_bytes(std::span(data, size))};
    size_ = std::min<uint64_t>(uint64_t{view.le32(0)} * 512, uint64_t{16} << 20);
    for (size_t at = 4; view.has(at, 6) && pieces_.size() < 1024;) {
      const size_t length = std::min<size_t>(view.le16(at + 4), size - at - 6);
      pieces_.push_back({uint64_t{view.le32(at)} * 16, view.bytes(at + 6, length)});
      at += 6 + length;
    }
  }

  // Puts other bytes somewhere: a checksum that is right, so that the code behind it is reached.
  void patch(uint64_t at, uint32_t value, bool big_endian = false) {
    std::vector<std::byte>& bytes = patches_.emplace_back(4);
    for (size_t i = 0; i < 4; ++i)
      bytes[big_endian ? 3 - i : i] = static_cast<std::byte>(value >> (8 * i));
    pieces_.push_back({at, Bytes(bytes)});
  }

  uint64_t size() const override { return size_; }
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset > size_ || into.size() > size_ - offset) return Error{"beyond the end", ""};
    std::ranges::fill(into, std::byte{0});
    for (const Piece& piece : pieces_) {
      const uint64_t begin = std::max(offset, piece.at),
                     end = std::min(offset + into.size(), piece.at + piece.bytes.size());
      for (uint64_t at = begin; at < end; ++at) into[at - offset] = piece.bytes[at - piece.at];
    }
    return {};
  }
  using BlockDevice::read;

 private:
  struct Piece {
    uint64_t at;
    Bytes bytes;
  };
  uint64_t size_ = 0;
  std::vector<Piece> pieces_;
  std::list<std::vector<std::byte>> patches_;
};

// Reads some of a disk: its ends, and a piece of every 64 KiB.
inline void read_some(const BlockDevice& disk) {
  std::vector<std::byte> piece(600);
  const uint64_t size = disk.size();
  for (uint64_t at = 0; at < size && at < (uint64_t{4} << 20); at += 65000)
    (void)disk.read(at, std::span(piece).first(std::min<uint64_t>(piece.size(), size - at)));
  if (size >= piece.size()) (void)disk.read(size - piece.size(), std::span(piece));
}

}  // namespace drydock::fuzz
