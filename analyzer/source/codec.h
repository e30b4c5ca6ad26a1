// Decompressors that take any input and give any output, a piece at a time. What a cut stream still
// holds comes out, and checksums are checked; libarchive's own filters do neither.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace drydock {

class Codec {
 public:
  // For "gz", "bz2", "xz", "lzma", "zst"; nullptr for any other.
  static std::unique_ptr<Codec> make(const std::string& compression);
  virtual ~Codec() = default;

  struct Piece {
    size_t consumed = 0;  // bytes of the input
    size_t produced = 0;  // bytes of the output
    bool ended = false;   // the last byte of a member: reset() before more
  };
  // Sets error() when the data is damaged; what was produced before is good.
  virtual Piece step(const char* in, size_t in_size, char* out, size_t out_size) = 0;
  virtual void reset() = 0;
  const std::string& error() const { return error_; }

 protected:
  std::string error_;
};

}  // namespace drydock
