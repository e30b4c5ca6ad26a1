#include "parsers/csh.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)drydock::parsers::csh::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
