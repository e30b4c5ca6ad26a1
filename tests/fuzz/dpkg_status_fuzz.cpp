#include "parsers/dpkg_status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::dpkg_status::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
