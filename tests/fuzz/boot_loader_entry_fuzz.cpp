#include "parsers/boot_loader_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::boot_loader_entry::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
