#include "parsers/modules_load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::modules_load::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
