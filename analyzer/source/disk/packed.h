// Reading what is packed from front to back, and the first of it at any place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/source/byte_stream.h"
#include "analyzer/source/disk/block.h"
#include "analyzer/source/format_reader.h"

namespace drydock {

// A device's bytes in order.
class DeviceStream : public ByteStream {
 public:
  explicit DeviceStream(BlockDevicePtr device) : device_(std::move(device)) {}
  std::string_view next() override;
  uint64_t skip(uint64_t bytes) override;
  bool seekable() const override { return true; }
  bool seek(uint64_t position) override;
  uint64_t position() const override { return at_; }
  uint64_t size() const override { return device_->present(); }
  std::string error() const override { return error_; }

 private:
  BlockDevicePtr device_;
  uint64_t at_ = 0;
  std::vector<std::byte> buffers_[2];  // the last block stays valid
  int buffer_ = 0;
  std::string error_;
};

// Something that comes piece by piece, with holes left out.
class Pieces {
 public:
  struct Piece {
    uint64_t offset;  // never below the end of the piece before
    std::string_view bytes;
  };
  virtual ~Pieces() = default;
  // nullopt at the end and after an error; valid until the next call.
  virtual std::optional<Piece> next() = 0;
  virtual std::string error() const = 0;
  // The size that is stated somewhere; nullopt: not known before the end.
  virtual std::optional<uint64_t> size() const { return std::nullopt; }
};

// All that a stream gives.
class StreamPieces : public Pieces {
 public:
  explicit StreamPieces(ByteStream& stream) : stream_(stream), start_(stream.position()) {}
  std::optional<Piece> next() override;
  std::string error() const override { return stream_.error(); }

 private:
  ByteStream& stream_;
  uint64_t start_;
};

// The data of the entry at which a reader stands.
class EntryPieces : public Pieces {
 public:
  explicit EntryPieces(FormatReader& reader) : reader_(reader) {}
  std::optional<Piece> next() override;
  std::string error() const override { return error_; }
  std::optional<uint64_t> size() const override;

 private:
  FormatReader& reader_;
  uint64_t end_ = 0;
  std::string error_;
};

// The first bytes of something, got when they are asked for, at most 16 MiB: enough to see whether it is a
// disk. What lies behind cannot be read.
class Head : public BlockDevice {
 public:
  static constexpr size_t kMost = size_t{16} << 20;

  explicit Head(Pieces& pieces) : pieces_(pieces) {}
  // The size when the end has been seen or is stated; else a large number.
  uint64_t size() const override;
  Result<void> read(uint64_t offset, std::span<std::byte> into) const override;
  using BlockDevice::read;

  // What was got so far, and behind it the piece that did not fit any more.
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::optional<Pieces::Piece> rest() const { return rest_; }

 private:
  void get(uint64_t end) const;

  Pieces& pieces_;
  mutable std::vector<std::byte> bytes_;
  mutable std::optional<Pieces::Piece> rest_;
  mutable bool ended_ = false;
};

}  // namespace drydock
