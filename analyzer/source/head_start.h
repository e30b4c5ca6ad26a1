// Reading of an archive that begins before anybody knows what will be wanted of it.
#pragma once

#include <memory>
#include <string>

#include "analyzer/source/byte_stream.h"
#include "analyzer/source/entry_reader.h"

namespace drydock {

// A plain tar whose headers a thread reads while the caller still prepares to ask. It stops when this is destroyed,
// and waits when it is some 30,000 entries ahead.
class HeadStart {
 public:
  // nullptr: `path` is no regular file that begins as a POSIX or GNU tar, or it cannot be read. Whoever opens the
  // artifact then finds out what it is.
  static std::shared_ptr<HeadStart> on(const std::string& path);

  const std::string& path() const { return path_; }
  const std::shared_ptr<const int>& fd() const { return fd_; }
  ByteStream& stream() { return *stream_; }
  // Of the stream from its beginning, the thread being ahead; to be taken once, after which it is null.
  std::unique_ptr<EntryReader> take() { return std::move(entries_); }

 private:
  HeadStart(std::string path, std::shared_ptr<const int> fd);

  std::string path_;
  std::shared_ptr<const int> fd_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<EntryReader> entries_;  // uses stream_
};

// Closes itself; the standard streams stay open.
std::shared_ptr<const int> own_fd(int fd);

}  // namespace drydock
