#include "parsers/grub_script.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::grub_script::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
