#include "analyzer/source/codec.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

namespace drydock {
namespace {

// What a decoder may take for its dictionary; xz -9 takes 65 MiB, zstd's own bound is 128 MiB.
constexpr uint64_t kDictionary = uint64_t{128} << 20;

class Gzip : public Codec {
 public:
  Gzip() { inflateInit2(&stream_, 15 + 16); }  // 16: with the gzip header, nothing else
  ~Gzip() override { inflateEnd(&stream_); }
  Piece step(const char* in, size_t in_size, char* out, size_t out_size) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in));
    stream_.avail_in = static_cast<uInt>(in_size);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(out_size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      error_ = stream_.msg ? stream_.msg : "damaged gzip data";
    return {in_size - stream_.avail_in, out_size - stream_.avail_out, result == Z_STREAM_END};
  }
  void reset() override { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

class Bzip2 : public Codec {
 public:
  Bzip2() { BZ2_bzDecompressInit(&stream_, 0, 0); }
  ~Bzip2() override { BZ2_bzDecompressEnd(&stream_); }
  Piece step(const char* in, size_t in_size, char* out, size_t out_size) override {
    stream_.next_in = const_cast<char*>(in);
    stream_.avail_in = static_cast<unsigned>(in_size);
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(out_size);
    const int result = BZ2_bzDecompress(&stream_);
    if (result != BZ_OK && result != BZ_STREAM_END) error_ = "damaged bzip2 data";
    return {in_size - stream_.avail_in, out_size - stream_.avail_out, result == BZ_STREAM_END};
  }
  void reset() override {
    BZ2_bzDecompressEnd(&stream_);
    stream_ = {};
    BZ2_bzDecompressInit(&stream_, 0, 0);
  }

 private:
  bz_stream stream_{};
};

class Lzma : public Codec {
 public:
  explicit Lzma(bool alone) : alone_(alone) { start(); }
  ~Lzma() override { lzma_end(&stream_); }
  Piece step(const char* in, size_t in_size, char* out, size_t out_size) override {
    stream_.next_in = reinterpret_cast<const uint8_t*>(in);
    stream_.avail_in = in_size;
    stream_.next_out = reinterpret_cast<uint8_t*>(out);
    stream_.avail_out = out_size;
    const lzma_ret result = lzma_code(&stream_, LZMA_RUN);
    if (result == LZMA_MEMLIMIT_ERROR)
      error_ = "its dictionary needs more memory than drydock gives";
    else if (result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR)
      error_ = "damaged xz data";
    return {in_size - stream_.avail_in, out_size - stream_.avail_out, result == LZMA_STREAM_END};
  }
  void reset() override { start(); }

 private:
  void start() {
    const lzma_ret result = alone_ ? lzma_alone_decoder(&stream_, kDictionary)
                                   : lzma_stream_decoder(&stream_, kDictionary, 0);
    if (result != LZMA_OK) error_ = "no memory for the decoder";
  }
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool alone_;
};

class Zstd : public Codec {
 public:
  Zstd() : context_(ZSTD_createDCtx()) {}
  ~Zstd() override { ZSTD_freeDCtx(context_); }
  Piece step(const char* in, size_t in_size, char* out, size_t out_size) override {
    ZSTD_inBuffer input{in, in_size, 0};
    ZSTD_outBuffer output{out, out_size, 0};
    const size_t result = ZSTD_decompressStream(context_, &output, &input);
    if (ZSTD_isError(result)) error_ = ZSTD_getErrorName(result);
    return {input.pos, output.pos, result == 0};
  }
  void reset() override { ZSTD_DCtx_reset(context_, ZSTD_reset_session_only); }

 private:
  ZSTD_DCtx* context_;
};

}  // namespace

std::unique_ptr<Codec> Codec::make(const std::string& compression) {
  if (compression == "gz") return std::make_unique<Gzip>();
  if (compression == "bz2") return std::make_unique<Bzip2>();
  if (compression == "xz") return std::make_unique<Lzma>(false);
  if (compression == "lzma") return std::make_unique<Lzma>(true);
  if (compression == "zst") return std::make_unique<Zstd>();
  return nullptr;
}

}  // namespace drydock
