#include "parsers/kernel_cmdline.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::kernel_cmdline::split({reinterpret_cast<const char*>(data), size});
  return 0;
}
