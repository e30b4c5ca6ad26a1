#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <thread>

#include "analyzer/source/byte_stream.h"
#include "analyzer/source/codec.h"

namespace drydock {
namespace {

constexpr size_t kBlock = size_t{256} << 10;
constexpr size_t kBlocks = 8;  // two of them stay with the reader

// The reader and the thread hand blocks round a ring: the thread fills them in order, the reader
// frees them in order.
class Decompressor : public DecompressedStream {
 public:
  Decompressor(ByteStream& compressed, const char* compression)
      : compressed_(compressed), start_(compressed.position()), compression_(compression) {
    thread_ = std::thread([this] { run(); });
  }

  ~Decompressor() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  std::string_view next() override {
    if (replay_ > 0) return view(taken_ - replay_--);
    std::unique_lock lock(mutex_);
    // The block before the current one is free now.
    if (taken_ >= 2 && freed_ < taken_ - 1) {
      freed_ = taken_ - 1;
      changed_.notify_all();
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
  uint64_t consumed() const override { return consumed_; }
  uint64_t progress() const override { return progress_; }

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

  void run() {
    std::string error;
    try {
      const auto codec = Codec::make(compression_);
      error = codec ? decode(*codec) : filter();
    } catch (const std::bad_alloc&) {
      error = "not enough memory";
    }
    if (const std::string below = compressed_.error(); !below.empty()) error = below;
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    ended_ = true;
    changed_.notify_all();
  }

  // Member after member, straight into the ring. What lies behind the last one stays where it is.
  std::string decode(Codec& codec) {
    std::string_view in;
    std::string joined;  // the bytes around a border of blocks, where a magic number is looked for
    const auto refill = [&] {
      in = compressed_.next();
      progress_ = compressed_.position();
      return !in.empty();
    };
    bool inside = true;
    for (;;) {
      if (in.empty()) refill();
      if (!inside) {
        while (!in.empty() && in.front() == '\0') {
          in.remove_prefix(std::min(in.find_first_not_of('\0'), in.size()));
          if (in.empty()) refill();
        }
        consumed_ = compressed_.position() - in.size();
        if (in.size() < 8 && !in.empty()) {
          joined = in;
          refill();
          joined += in.substr(0, 64);
          if (joined.size() > 64) joined.resize(64);
          compressed_.seek(consumed_);
          in = {};
          refill();
        } else {
          joined = in.substr(0, 8);
        }
        const char* next = compression_of(joined);
        if (!next || std::string_view(next) != compression_) break;
        codec.reset();
        inside = true;
      }
      char* const out = room();
      if (!out) return {};
      const Codec::Piece piece = codec.step(in.data(), in.size(), out, kBlock - used_);
      in.remove_prefix(piece.consumed);
      used_ += piece.produced;
      if (used_ == kBlock) give();
      if (!codec.error().empty()) {
        give();
        return codec.error();
      }
      if (piece.ended) {
        inside = false;
      } else if (in.empty() && piece.produced == 0 && piece.consumed == 0 && !refill()) {
        give();
        return "the compressed data ends too early";
      }
    }
    give();
    return {};
  }

  static la_ssize_t read_compressed(archive*, void* self, const void** buffer) {
    auto& me = *static_cast<Decompressor*>(self);
    const std::string_view block = me.compressed_.next();
    me.progress_ = me.compressed_.position();
    *buffer = block.data();
    if (block.empty() && !me.compressed_.error().empty()) return -1;
    return static_cast<la_ssize_t>(block.size());
  }

  // What no codec does, libarchive does: lz4 in both its forms.
  std::string filter() {
    const std::unique_ptr<archive, int (*)(archive*)> a(archive_read_new(), archive_read_free);
    archive_read_support_filter_lz4(a.get());
    archive_read_support_format_raw(a.get());
    archive_entry* entry = nullptr;
    int result = archive_read_open(a.get(), this, nullptr, read_compressed, nullptr);
    if (result == ARCHIVE_OK) result = archive_read_next_header(a.get(), &entry);
    // A filter that did not take the stream would hand it through as it is.
    if (result == ARCHIVE_OK && archive_filter_count(a.get()) < 2)
      return "the compressed data is damaged";
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    while (result == ARCHIVE_OK) {
      result = archive_read_data_block(a.get(), &data, &size, &offset);
      if (result == ARCHIVE_WARN) result = ARCHIVE_OK;
      for (std::string_view rest(static_cast<const char*>(data), result == ARCHIVE_OK ? size : 0);
           !rest.empty();) {
        char* const out = room();
        if (!out) return {};
        const size_t part = std::min(rest.size(), kBlock - used_);
        std::memcpy(out, rest.data(), part);
        rest.remove_prefix(part);
        used_ += part;
        if (used_ == kBlock) give();
      }
    }
    give();
    consumed_ = start_ + static_cast<uint64_t>(archive_filter_bytes(a.get(), -1));
    if (result == ARCHIVE_EOF) return {};
    const char* said = archive_error_string(a.get());
    return said ? said : "the compressed data is damaged";
  }

  // Where the thread writes next; nullptr: nobody reads any more.
  char* room() {
    if (!writing_) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return filled_ - freed_ < kBlocks || stop_; });
      if (stop_) return nullptr;
      writing_ = &blocks_[filled_ % kBlocks];
      if (!writing_->bytes) writing_->bytes = std::make_unique_for_overwrite<char[]>(kBlock);
      used_ = 0;
    }
    return writing_->bytes.get() + used_;
  }

  // Hands the block over to the reader.
  void give() {
    if (!writing_ || used_ == 0) return;
    writing_->begin = writing_->bytes.get();
    writing_->end = writing_->begin + used_;
    writing_ = nullptr;
    const std::lock_guard lock(mutex_);
    ++filled_;
    changed_.notify_all();
  }

  ByteStream& compressed_;
  const uint64_t start_;
  const char* compression_;
  std::array<Block, kBlocks> blocks_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t filled_ = 0;  // blocks the thread has finished
  size_t freed_ = 0;   // blocks the reader gave back
  bool ended_ = false, stop_ = false;
  std::string error_;
  uint64_t consumed_ = 0;
  std::atomic<uint64_t> progress_ = 0;

  Block* writing_ = nullptr;  // the thread's
  size_t used_ = 0;
  size_t taken_ = 0;  // the reader's
  size_t replay_ = 0;
  uint64_t position_ = 0;

  std::thread thread_;
};

}  // namespace

std::unique_ptr<DecompressedStream> DecompressedStream::open(ByteStream& compressed,
                                                             const char* compression) {
  return std::make_unique<Decompressor>(compressed, compression);
}

}  // namespace drydock
