#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/logrotate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& option : drydock::parsers::logrotate::parse(text).options)
    if (option.name.empty() || option.span.line == 0) __builtin_trap();
  return 0;
}
