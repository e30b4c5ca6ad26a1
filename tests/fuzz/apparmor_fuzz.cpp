#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/apparmor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  bool is_over = false;
  for (const auto& item : drydock::parsers::apparmor::parse(text)) {
    if (is_over || item.span.line == 0) __builtin_trap();
    is_over = item.what == drydock::parsers::apparmor::What::mistake;
  }
  return 0;
}
