#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/audit_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)drydock::parsers::audit_rules::parse({reinterpret_cast<const char*>(data), size});
  return 0;
}
