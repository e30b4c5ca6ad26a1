#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/authorized_keys.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& key : drydock::parsers::authorized_keys::parse(text).keys)
    if (key.type.empty() || key.bits == 0 || key.span.line == 0) __builtin_trap();
  return 0;
}
