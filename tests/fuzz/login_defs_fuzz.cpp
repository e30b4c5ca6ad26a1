#include "parsers/login_defs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::login_defs::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
