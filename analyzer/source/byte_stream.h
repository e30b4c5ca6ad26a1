// The bytes of an archive, in order: a file, standard input, memory, or what a decompressor makes
// of one of these.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace drydock {

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // The next bytes; empty at the end and after an error. Valid until the call after the next one.
  virtual std::string_view next() = 0;
  // Leaves out up to `bytes`; returns how many were left out, 0 when that is no cheaper than
  // reading.
  virtual uint64_t skip(uint64_t) { return 0; }
  // Whether seek() can go anywhere; otherwise it goes back only into the last two blocks.
  virtual bool seekable() const { return false; }
  // Continues at `position` (bytes from the start of the stream). False: that is not possible.
  virtual bool seek(uint64_t position) = 0;
  // Bytes handed out or left out so far.
  virtual uint64_t position() const = 0;
  // The size if it is known, else 0.
  virtual uint64_t size() const { return 0; }
  // Why the stream ended early; empty if it did not.
  virtual std::string error() const { return {}; }
};

// Bytes of the artifact consumed so far; may be called from the thread that calls next().
using ByteCount = std::function<void(uint64_t)>;

// A file that can seek is read with pread(2), so its own position does not matter and stays.
std::unique_ptr<ByteStream> stream_from_fd(int fd, ByteCount progress);
std::unique_ptr<ByteStream> stream_from_memory(std::string_view bytes);

// The compression of a stream that begins with `magic`: "gz", "bz2", "xz", "zst", "lz4", "lzma";
// nullptr if it is none we know. By content only.
const char* compression_of(std::string_view magic);

// What `compressed` (not owned) holds, decompressed: by a thread of its own, which then is the only one
// to use `compressed`, or by the reader.
class DecompressedStream : public ByteStream {
 public:
  static std::unique_ptr<DecompressedStream> open(ByteStream& compressed, const char* compression,
                                                  bool threaded);
  // Where in `compressed` the last member ended; only after the end of this stream.
  virtual uint64_t consumed() const = 0;
};

}  // namespace drydock
