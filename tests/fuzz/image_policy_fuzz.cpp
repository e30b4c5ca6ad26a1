#include "parsers/image_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::image_policy::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
