#include "parsers/apt_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::apt_conf::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
