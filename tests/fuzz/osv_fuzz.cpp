#include "parsers/osv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::osv::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
