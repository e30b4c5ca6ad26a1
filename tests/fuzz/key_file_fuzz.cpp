#include "parsers/key_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::key_file::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
