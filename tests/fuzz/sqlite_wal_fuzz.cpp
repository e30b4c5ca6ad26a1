#include "parsers/sqlite_wal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // The first half is the database.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string database(text.substr(0, size / 2));
  drydock::parsers::sqlite_wal::apply(database, text.substr(size / 2));
  return 0;
}
