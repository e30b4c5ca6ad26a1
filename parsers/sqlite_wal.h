// SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4): what was committed to a database and not
// yet copied into its file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "analyzer/base/random_bytes.h"

namespace drydock::parsers::sqlite_wal {

// A database as a reader of both files sees it: the last committed version of each page of the log, and no mark
// that says there is a log. What is no log, and frames after the first whose checksum is wrong, change
// nothing, as in SQLite.
class Database : public RandomBytes {
 public:
  // Both must live as long. The log is read once, here; memory: some bytes for each of its pages.
  Database(RandomBytes& file, RandomBytes& log);

  uint64_t size() const override { return size_; }
  std::string_view at(uint64_t offset, size_t length) override;

 private:
  void read_log();

  RandomBytes& file_;
  RandomBytes& log_;
  uint64_t size_;
  size_t page_ = 0;                     // bytes; 0: nothing was committed
  std::map<uint32_t, uint64_t> pages_;  // number of a page, and where its content stands in the log
  std::string buffer_;
};

}  // namespace drydock::parsers::sqlite_wal
