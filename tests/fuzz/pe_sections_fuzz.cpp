#include "parsers/pe_sections.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::pe_sections::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
