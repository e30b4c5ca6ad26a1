#include "parsers/kernel_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::kernel_config::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
