#include "analyzer/source/byte_stream.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace drydock {
namespace {

constexpr size_t kBlock = size_t{64} << 10;
// What is read first behind a skip: most often one header, and the next skip. It doubles as long as all
// of it is used.
constexpr size_t kFirstBlock = size_t{4} << 10;

class FileStream : public ByteStream {
 public:
  FileStream(int fd, uint64_t size, ByteCount progress)
      : fd_(fd), size_(size), progress_(std::move(progress)) {}

  std::string_view next() override {
    buffer_ ^= 1;
    std::vector<char>& buffer = buffers_[buffer_];
    buffer.resize(kBlock);
    const size_t want = block_ - at_ % 4096;  // stay on page borders after a skip
    ssize_t got = 0;
    do got = pread(fd_, buffer.data(), want, static_cast<off_t>(at_));
    while (got < 0 && errno == EINTR);
    if (got < 0) error_ = std::string("reading failed: ") + std::strerror(errno);
    if (got <= 0) return {};
    at_ += static_cast<uint64_t>(got);
    block_ = std::min(block_ * 2, kBlock);
    if (progress_) progress_(at_);
    return {buffer.data(), static_cast<size_t>(got)};
  }

  uint64_t skip(uint64_t bytes) override {
    block_ = kFirstBlock;
    // Never beyond the end: a file that was cut must not look as if it ended there by itself.
    bytes = std::min(bytes, size_ > at_ ? size_ - at_ : 0);
    at_ += bytes;
    if (progress_) progress_(at_);
    return bytes;
  }

  bool seekable() const override { return true; }
  bool seek(uint64_t position) override {
    at_ = position;
    block_ = kFirstBlock;
    return true;
  }
  uint64_t position() const override { return at_; }
  uint64_t size() const override { return size_; }
  std::string error() const override { return error_; }

 private:
  int fd_;
  size_t block_ = kBlock;  // bytes of the next read
  uint64_t size_;
  uint64_t at_ = 0;
  ByteCount progress_;
  std::array<std::vector<char>, 2> buffers_;
  int buffer_ = 0;
  std::string error_;
};

class PipeStream : public ByteStream {
 public:
  PipeStream(int fd, ByteCount progress) : fd_(fd), progress_(std::move(progress)) {}

  std::string_view next() override {
    if (replay_ > 0) return current(replay_--);
    buffer_ ^= 1;
    std::vector<char>& buffer = buffers_[buffer_];
    buffer.resize(kBlock);
    size_t filled = 0;
    while (filled < kBlock && error_.empty()) {
      const ssize_t got = read(fd_, buffer.data() + filled, kBlock - filled);
      if (got == 0) break;
      if (got > 0) {
        filled += static_cast<size_t>(got);
      } else if (errno != EINTR) {
        error_ = std::string("reading failed: ") + std::strerror(errno);
      }
    }
    buffer.resize(filled);
    at_ += filled;
    if (progress_) progress_(at_);
    return {buffer.data(), filled};
  }

  bool seek(uint64_t position) override {
    if (position > at_) return false;
    const uint64_t back = at_ - position;
    const size_t last = buffers_[buffer_].size(), previous = buffers_[buffer_ ^ 1].size();
    if (back > last + previous) return false;
    // Cut the head off what is replayed.
    if (back > last) {
      auto& block = buffers_[buffer_ ^ 1];
      block.erase(block.begin(), block.end() - static_cast<ptrdiff_t>(back - last));
      replay_ = 2;
    } else if (back > 0) {
      auto& block = buffers_[buffer_];
      block.erase(block.begin(), block.end() - static_cast<ptrdiff_t>(back));
      replay_ = 1;
    }
    return true;
  }
  uint64_t position() const override { return at_; }
  std::string error() const override { return error_; }

 private:
  std::string_view current(int back) const {
    const auto& block = buffers_[back == 1 ? buffer_ : buffer_ ^ 1];
    return {block.data(), block.size()};
  }

  int fd_;
  uint64_t at_ = 0;
  ByteCount progress_;
  std::array<std::vector<char>, 2> buffers_;
  int buffer_ = 0;
  int replay_ = 0;
  std::string error_;
};

class MemoryStream : public ByteStream {
 public:
  explicit MemoryStream(std::string_view bytes) : bytes_(bytes) {}
  std::string_view next() override {
    const std::string_view block = bytes_.substr(at_, kBlock);
    at_ += block.size();
    return block;
  }
  uint64_t skip(uint64_t bytes) override {
    bytes = std::min<uint64_t>(bytes, bytes_.size() - at_);
    at_ += bytes;
    return bytes;
  }
  bool seekable() const override { return true; }
  bool seek(uint64_t position) override {
    at_ = std::min<uint64_t>(position, bytes_.size());
    return true;
  }
  uint64_t position() const override { return at_; }
  uint64_t size() const override { return bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<ByteStream> stream_from_fd(int fd, ByteCount progress) {
  struct stat st;
  if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))) {
    uint64_t size = static_cast<uint64_t>(st.st_size);
    if (S_ISBLK(st.st_mode))
      size = static_cast<uint64_t>(std::max<off_t>(lseek(fd, 0, SEEK_END), 0));
    return std::make_unique<FileStream>(fd, size, std::move(progress));
  }
  return std::make_unique<PipeStream>(fd, std::move(progress));
}

std::unique_ptr<ByteStream> stream_from_memory(std::string_view bytes) {
  return std::make_unique<MemoryStream>(bytes);
}

const char* compression_of(std::string_view magic) {
  using namespace std::string_view_literals;
  static constexpr std::pair<std::string_view, const char*> kMagics[] = {
      {"\x1f\x8b\x08"sv, "gz"},       // RFC 1952 2.3.1
      {"BZh"sv, "bz2"},               //
      {"\xfd\x37zXZ\0"sv, "xz"},      // the .xz file format 2.1.1.1
      {"\x28\xb5\x2f\xfd"sv, "zst"},  // RFC 8878 3.1.1
      {"\x04\x22\x4d\x18"sv, "lz4"},  // LZ4 frame format
      {"\x02\x21\x4c\x18"sv, "lz4"},  // LZ4 legacy frame, as the kernel's own
      {"\x5d\x00\x00"sv, "lzma"},     // lzma alone, as old initramfs tools wrote it
  };
  for (const auto& [bytes, name] : kMagics)
    if (magic.starts_with(bytes)) return name;
  return nullptr;
}

}  // namespace drydock
