#include "parsers/access_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers::access_conf;
  for (const Entry& entry : parse({reinterpret_cast<const char*>(data), size}).entries)
    (void)matches_anybody(entry.users);
  return 0;
}
