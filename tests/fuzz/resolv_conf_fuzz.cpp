#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/resolv_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)drydock::parsers::resolv_conf::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
