#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/crontab.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  (void)drydock::parsers::crontab::parse(text, true);
  (void)drydock::parsers::crontab::parse(text, false);
  return 0;
}
