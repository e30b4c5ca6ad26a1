// The entries of an archive, in order; a thread ahead of the caller reads the headers of a plain tar.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "analyzer/source/byte_stream.h"
#include "analyzer/source/tree.h"

namespace drydock {

class FormatReader;

// What libarchive says of one entry. Views are valid until the next call of EntryReader::next().
struct ArchiveEntry {
  // libarchive's code; only with ARCHIVE_OK and ARCHIVE_WARN there is an entry, otherwise only `format`,
  // `header`, `data` and, but for ARCHIVE_EOF, `error` say something.
  int result = 0;
  int format = 0;       // ARCHIVE_FORMAT_TAR …, its base; 0: nothing took the stream
  uint64_t header = 0;  // where its header begins in the stream
  uint64_t data = 0;    // where the format reader stood behind the header
  std::optional<std::string_view> path;       // as it stands there; nullopt: it cannot be converted
  std::optional<std::string_view> hard_link;  // the path of the file it is another name of
  std::string_view link_target;
  Stat stat;
  uint64_t linked_size = 0;  // bytes of data that come with a hard link
  Xattrs xattrs;             // with access lists
  bool sparse = false;
  // Of a tar: only the data of a file of this size lie before the next header, so that the contents are the bytes
  // from `data` on as they are, if the header just before them names the same size. False: only libarchive knows.
  bool plain = false;
  std::string error;
};

class EntryReader {
 public:
  // From where the stream stands.
  explicit EntryReader(ByteStream& stream);
  ~EntryReader();
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  const ArchiveEntry& next();
  // From now on a thread of its own is the only one to use the stream, until next() has given something that is
  // no entry. Only where the data of entries are not asked of this reader, as in a tar that can be read at any place.
  void go_ahead();
  // Stands at the data of the entry that next() gave; nullptr: the thread is ahead of it.
  FormatReader* at_data();

 private:
  class Ahead;

  std::unique_ptr<FormatReader> reader_;
  ArchiveEntry entry_;
  std::unique_ptr<Ahead> ahead_;  // uses reader_
};

}  // namespace drydock
