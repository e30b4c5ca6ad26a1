#include "parsers/yum_repo.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::parsers::yum_repo::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
