#include "parsers/apk_installed.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::apk_installed::parse({reinterpret_cast<const char*>(data), size}, true);
  return 0;
}
