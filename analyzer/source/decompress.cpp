#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "analyzer/source/byte_stream.h"

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
    std::vector<char> bytes;
    const char* begin = nullptr;
    const char* end = nullptr;
  };

  std::string_view view(size_t index) const {
    const Block& block = blocks_[index % kBlocks];
    return {block.begin, static_cast<size_t>(block.end - block.begin)};
  }

  static la_ssize_t read_compressed(archive*, void* self, const void** buffer) {
    auto& me = *static_cast<Decompressor*>(self);
    const std::string_view block = me.compressed_.next();
    me.progress_ = me.compressed_.position();
    *buffer = block.data();
    if (block.empty() && !me.compressed_.error().empty()) return -1;
    return static_cast<la_ssize_t>(block.size());
  }

  void support(archive* a) const {
    // One by one: the "all" of libarchive includes programs it would start.
    const std::string_view name = compression_;
    if (name == "gz") archive_read_support_filter_gzip(a);
    if (name == "bz2") archive_read_support_filter_bzip2(a);
    if (name == "xz") archive_read_support_filter_xz(a);
    if (name == "zst") archive_read_support_filter_zstd(a);
    if (name == "lz4") archive_read_support_filter_lz4(a);
    if (name == "lzma") archive_read_support_filter_lzma(a);
    if (name == "lz") archive_read_support_filter_lzip(a);
  }

  void run() {
    archive* a = archive_read_new();
    support(a);
    archive_read_support_format_raw(a);
    archive_entry* entry = nullptr;
    std::string error;
    int result = archive_read_open(a, this, nullptr, read_compressed, nullptr);
    if (result == ARCHIVE_OK) result = archive_read_next_header(a, &entry);
    // A filter that did not take the stream would hand it through as it is.
    if (result == ARCHIVE_OK && archive_filter_count(a) < 2)
      error = "the compressed data is damaged";
    const void* data = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    while (result == ARCHIVE_OK && error.empty()) {
      result = archive_read_data_block(a, &data, &size, &offset);
      if (result == ARCHIVE_WARN) result = ARCHIVE_OK;
      if (result == ARCHIVE_OK && size > 0 && !give({static_cast<const char*>(data), size})) break;
    }
    if (error.empty() && result != ARCHIVE_EOF && result != ARCHIVE_OK) {
      const char* said = archive_error_string(a);
      error = compressed_.error();
      if (error.empty()) error = said ? said : "the compressed data is damaged";
    }
    give({}, true);
    const std::lock_guard lock(mutex_);
    consumed_ = start_ + static_cast<uint64_t>(archive_filter_bytes(a, -1));
    error_ = std::move(error);
    ended_ = true;
    archive_read_free(a);
    changed_.notify_all();
  }

  // Puts bytes into the ring, a block at a time; false: nobody reads any more.
  bool give(std::string_view bytes, bool flush = false) {
    while (!bytes.empty() || flush) {
      if (writing_ == nullptr) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return filled_ - freed_ < kBlocks || stop_; });
        if (stop_) return false;
        writing_ = &blocks_[filled_ % kBlocks];
        if (writing_->bytes.empty()) writing_->bytes.resize(kBlock);
        used_ = 0;
      }
      const size_t part = std::min(bytes.size(), kBlock - used_);
      std::memcpy(writing_->bytes.data() + used_, bytes.data(), part);
      used_ += part;
      bytes.remove_prefix(part);
      if (used_ < kBlock && !flush) continue;
      if (used_ > 0) {
        writing_->begin = writing_->bytes.data();
        writing_->end = writing_->begin + used_;
        const std::lock_guard lock(mutex_);
        ++filled_;
        changed_.notify_all();
      }
      writing_ = nullptr;
      if (bytes.empty()) return true;
    }
    return true;
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
