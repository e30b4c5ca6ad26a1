#include "parsers/apt_sources.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drydock::parsers::apt_sources::parse_list(text);
  drydock::parsers::apt_sources::parse_deb822(text);
  return 0;
}
