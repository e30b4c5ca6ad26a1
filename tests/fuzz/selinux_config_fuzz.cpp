#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/selinux_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const auto& setting : drydock::parsers::selinux_config::parse(text).settings)
    if (setting.name.empty() || setting.span.line == 0) __builtin_trap();
  return 0;
}
