#include "parsers/firewalld.h"

// The first byte says what kind of file it is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  drydock::parsers::firewalld::parse({reinterpret_cast<const char*>(data + 1), size - 1},
                                     static_cast<drydock::parsers::firewalld::Kind>(data[0] % 5));
  return 0;
}
