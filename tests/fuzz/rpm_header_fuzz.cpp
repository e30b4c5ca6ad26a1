#include "parsers/rpm_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)drydock::parsers::rpm_header::parse(text).ok();
  drydock::parsers::rpm_header::files(text);
  drydock::parsers::rpm_header::source_of(text);
  return 0;
}
