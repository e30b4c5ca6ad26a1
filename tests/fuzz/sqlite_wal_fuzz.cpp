#include "parsers/sqlite_wal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The first half is the database.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drydock::TextBytes file(text.substr(0, size / 2)), log(text.substr(size / 2));
  drydock::parsers::sqlite_wal::Database database(file, log);
  // As SQLite reads: the head, then pages.
  (void)database.at(0, 100);
  for (uint64_t at = 0; at < database.size(); at += 4096) (void)database.at(at, 4096);
  return 0;
}
