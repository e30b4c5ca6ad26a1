#include "parsers/iptables_save.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::iptables_save::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
