#include <cstdint>
#include <cstdlib>

#include "parsers/certificate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file =
      drydock::parsers::certificate::parse({reinterpret_cast<const char*>(data), size});
  // Either dates or a reason why there are none.
  if (file.not_after.empty() != !file.errors.empty()) std::abort();
  return 0;
}
