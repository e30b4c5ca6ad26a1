#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <thread>

#include "analyzer/source/byte_stream.h"
#include "analyzer/source/codec.h"

namespace drydock {
namespace {

constexpr size_t kBlock = size_t{256} << 10;
constexpr size_t kBlocks = 8;  // two of them stay with the reader

// The bytes of every member of the compressed stream, one after the other.
class Decoder {
 public:
  explicit Decoder(ByteStream& compressed) : compressed_(compressed) {}
  virtual ~Decoder() = default;

  // Fills `out`; fewer than `size` bytes only at the end and after an error.
  virtual size_t fill(char* out, size_t size) = 0;
  const std::string& error() const { return error_; }
  uint64_t consumed() const { return consumed_; }

 protected:
  ByteStream& compressed_;
  std::string error_;
  uint64_t consumed_ = 0;  // where the last member ended
};

// What lies behind the last member stays where it is.
class CodecDecoder : public Decoder {
 public:
  CodecDecoder(ByteStream& compressed, const char* compression, std::unique_ptr<Codec> codec)
      : Decoder(compressed), compression_(compression), codec_(std::move(codec)) {}

  size_t fill(char* out, size_t size) override {
    size_t used = 0;
    while (used < size && !ended_) {
      if (in_.empty()) in_ = compressed_.next();
      if (!inside_ && !next_member()) {
        ended_ = true;
        break;
      }
      const Codec::Piece piece = codec_->step(in_.data(), in_.size(), out + used, size - used);
      in_.remove_prefix(piece.consumed);
      used += piece.produced;
      if (!codec_->error().empty()) {
        fail(codec_->error());
      } else if (piece.ended) {
        inside_ = false;
      } else if (in_.empty() && piece.produced == 0 && piece.consumed == 0) {
        in_ = compressed_.next();
        if (in_.empty()) fail("the compressed data ends too early");
      }
    }
    return used;
  }

 private:
  void fail(const std::string& why) {
    error_ = why;
    ended_ = true;
  }

  // After the zeros that may pad a member: does another one follow?
  bool next_member() {
    while (!in_.empty() && in_.front() == '\0') {
      in_.remove_prefix(std::min(in_.find_first_not_of('\0'), in_.size()));
      if (in_.empty()) in_ = compressed_.next();
    }
    consumed_ = compressed_.position() - in_.size();
    std::string magic(in_.substr(0, 8));
    if (magic.size() < 8 && !magic.empty()) {  // it lies across a border of blocks
      magic += compressed_.next().substr(0, 64);
      compressed_.seek(consumed_);
      in_ = compressed_.next();
    }
    const char* const next = compression_of(magic);
    if (!next || std::string_view(next) != compression_) return false;
    codec_->reset();
    inside_ = true;
    return true;
  }

  const char* compression_;
  std::unique_ptr<Codec> codec_;
  std::string_view in_;
  bool inside_ = true, ended_ = false;
};

// What no codec does, libarchive does: lz4 in both its forms.
class FilterDecoder : public Decoder {
 public:
  explicit FilterDecoder(ByteStream& compressed)
      : Decoder(compressed), start_(compressed.position()) {}

  size_t fill(char* out, size_t size) override {
    if (!archive_) open();
    size_t used = 0;
    while (used < size) {
      if (rest_.empty() && !next_block()) break;
      const size_t part = std::min(rest_.size(), size - used);
      std::memcpy(out + used, rest_.data(), part);
      rest_.remove_prefix(part);
      used += part;
    }
    return used;
  }

 private:
  static la_ssize_t read_compressed(archive*, void* self, const void** buffer) {
    auto& me = *static_cast<FilterDecoder*>(self);
    const std::string_view block = me.compressed_.next();
    *buffer = block.data();
    if (block.empty() && !me.compressed_.error().empty()) return -1;
    return static_cast<la_ssize_t>(block.size());
  }

  void open() {
    archive_.reset(archive_read_new());
    archive_read_support_filter_lz4(archive_.get());
    archive_read_support_format_raw(archive_.get());
    archive_entry* entry = nullptr;
    result_ = archive_read_open(archive_.get(), this, nullptr, read_compressed, nullptr);
    if (result_ == ARCHIVE_OK) result_ = archive_read_next_header(archive_.get(), &entry);
    // A filter that did not take the stream would hand it through as it is.
    if (result_ == ARCHIVE_OK && archive_filter_count(archive_.get()) < 2) {
      error_ = "the compressed data is damaged";
      result_ = ARCHIVE_FATAL;
    }
  }

  bool next_block() {
    while (result_ == ARCHIVE_OK) {
      const void* data = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      result_ = archive_read_data_block(archive_.get(), &data, &size, &offset);
      if (result_ == ARCHIVE_WARN) result_ = ARCHIVE_OK;
      if (result_ != ARCHIVE_OK || size == 0) continue;
      rest_ = {static_cast<const char*>(data), size};
      return true;
    }
    consumed_ = start_ + static_cast<uint64_t>(archive_filter_bytes(archive_.get(), -1));
    if (result_ != ARCHIVE_EOF && error_.empty()) {
      const char* const said = archive_error_string(archive_.get());
      error_ = said ? said : "the compressed data is damaged";
    }
    return false;
  }

  const uint64_t start_;
  std::unique_ptr<archive, int (*)(archive*)> archive_{nullptr, archive_read_free};
  int result_ = ARCHIVE_OK;
  std::string_view rest_;
};

std::unique_ptr<Decoder> decoder_of(ByteStream& compressed, const char* compression) {
  if (auto codec = Codec::make(compression))
    return std::make_unique<CodecDecoder>(compressed, compression, std::move(codec));
  return std::make_unique<FilterDecoder>(compressed);
}

// Blocks go round a ring: they are filled in order, by a thread or by the reader itself, and the reader
// frees them in order.
class Decompressor : public DecompressedStream {
 public:
  Decompressor(ByteStream& compressed, const char* compression, bool threaded)
      : compressed_(compressed), decoder_(decoder_of(compressed, compression)) {
    if (threaded)
      thread_ = std::thread([this] {
        while (fill_block()) {
        }
      });
  }

  ~Decompressor() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  std::string_view next() override {
    if (replay_ > 0) return view(taken_ - replay_--);
    std::unique_lock lock(mutex_);
    // The block before the current one is free now.
    if (taken_ >= 2 && freed_ < taken_ - 1) {
      freed_ = taken_ - 1;
      changed_.notify_all();
    }
    if (!thread_.joinable() && filled_ == taken_ && !ended_) {
      lock.unlock();
      fill_block();
      lock.lock();
    }
    changed_.wait(lock, [this] { return filled_ > taken_ || ended_; });
    if (filled_ == taken_) return {};
    ++taken_;
    const std::string_view block = view(taken_ - 1);
    position_ += block.size();
    return block;
  }

  bool seek(uint64_t position) override {
    if (position > position_) return false;
    uint64_t back = position_ - position;
    replay_ = 0;
    while (back > 0) {
      if (taken_ - replay_ == freed_) return false;
      Block& block = blocks_[(taken_ - ++replay_) % kBlocks];
      const auto size = static_cast<uint64_t>(block.end - block.begin);
      if (back < size) block.begin = block.end - static_cast<ptrdiff_t>(back);
      back -= std::min(back, size);
    }
    return true;
  }

  uint64_t position() const override { return position_; }
  std::string error() const override {
    const std::lock_guard lock(mutex_);
    return ended_ ? error_ : std::string{};
  }
  uint64_t consumed() const override { return decoder_->consumed(); }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    const char* begin = nullptr;
    const char* end = nullptr;
  };

  std::string_view view(size_t index) const {
    const Block& block = blocks_[index % kBlocks];
    return {block.begin, static_cast<size_t>(block.end - block.begin)};
  }

  // Fills the next block, when one is free; false: that was the last, or nobody reads any more.
  bool fill_block() {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return filled_ - freed_ < kBlocks || stop_; });
      if (stop_) return false;
    }
    Block& block = blocks_[filled_ % kBlocks];
    size_t size = 0;
    std::string error;
    try {
      if (!block.bytes) block.bytes = std::make_unique_for_overwrite<char[]>(kBlock);
      size = decoder_->fill(block.bytes.get(), kBlock);
      error = decoder_->error();
    } catch (const std::bad_alloc&) {
      error = "not enough memory";
    }
    block.begin = block.bytes.get();
    block.end = block.begin + size;
    const bool last = size < kBlock;
    if (const std::string below = compressed_.error(); last && !below.empty()) error = below;
    const std::lock_guard lock(mutex_);
    if (size > 0) ++filled_;
    if (last) {
      error_ = std::move(error);
      ended_ = true;
    }
    changed_.notify_all();
    return !last;
  }

  ByteStream& compressed_;
  const std::unique_ptr<Decoder> decoder_;
  std::array<Block, kBlocks> blocks_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t filled_ = 0;  // blocks finished
  size_t freed_ = 0;   // blocks the reader gave back
  bool ended_ = false, stop_ = false;
  std::string error_;

  size_t taken_ = 0;  // the reader's, as all below
  size_t replay_ = 0;
  uint64_t position_ = 0;

  std::thread thread_;
};

}  // namespace

std::unique_ptr<DecompressedStream> DecompressedStream::open(ByteStream& compressed,
                                                             const char* compression,
                                                             bool threaded) {
  return std::make_unique<Decompressor>(compressed, compression, threaded);
}

}  // namespace drydock
