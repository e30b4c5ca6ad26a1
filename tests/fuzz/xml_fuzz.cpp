#include "parsers/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::xml::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
