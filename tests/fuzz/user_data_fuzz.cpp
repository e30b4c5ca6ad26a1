#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/user_data.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& part : drydock::parsers::user_data::parse(text).parts)
    if (part.text.size() > size || part.line == 0) __builtin_trap();
  return 0;
}
