#include "parsers/rpm_database.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::TextBytes content({reinterpret_cast<const char*>(data), size});
  drydock::parsers::rpm_database::read(content, [](std::string_view) { return true; });
  return 0;
}
