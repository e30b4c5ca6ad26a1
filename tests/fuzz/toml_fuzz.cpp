#include "parsers/toml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const auto& entry :
       drydock::parsers::toml::parse({reinterpret_cast<const char*>(data), size}).entries)
    if (entry.span.line == 0 || entry.value_span.line == 0 || entry.path.empty()) __builtin_trap();
  return 0;
}
