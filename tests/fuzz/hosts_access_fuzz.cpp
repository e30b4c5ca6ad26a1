#include "parsers/hosts_access.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::hosts_access::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
