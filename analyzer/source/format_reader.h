// libarchive's readers of tar, cpio and zip on a stream of ours.
#pragma once

#include <locale.h>

#include <cstdint>
#include <string>

#include "analyzer/source/byte_stream.h"

struct archive;
struct archive_entry;

namespace drydock {

// libarchive converts names to the locale's charset; in UTF-8 that leaves them as they are. Only
// the thread that made one is concerned, while it lives.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_;
  locale_t old_ = nullptr;
};

// One archive format reader on a stream, from where the stream stands.
class FormatReader {
 public:
  explicit FormatReader(ByteStream& stream);
  ~FormatReader();
  FormatReader(const FormatReader&) = delete;
  FormatReader& operator=(const FormatReader&) = delete;

  // Moves to the next entry; libarchive's code, ARCHIVE_FATAL when the stream is no archive.
  int next();
  archive* handle() { return handle_; }
  archive_entry* entry() { return entry_; }
  uint64_t start() const { return start_; }
  // Where the format reader stands in the stream.
  uint64_t position() const;
  // Why the last call failed.
  std::string error() const;

 private:
  static ssize_t on_read(archive*, void* self, const void** buffer);
  static int64_t on_skip(archive*, void* self, int64_t bytes);
  static int64_t on_seek(archive*, void* self, int64_t offset, int whence);

  ByteStream& stream_;
  uint64_t start_;
  archive* handle_;
  archive_entry* entry_;
  bool opened_ = false;
  std::string refused_;  // why on_read gave up; empty: it did not
};

}  // namespace drydock
