#include "parsers/dockerfile.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::dockerfile::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
