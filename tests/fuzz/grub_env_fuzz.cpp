#include "parsers/grub_env.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::grub_env::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
