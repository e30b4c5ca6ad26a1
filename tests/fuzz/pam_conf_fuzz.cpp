#include "parsers/pam_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drydock::parsers::pam_conf::parse(text);
  drydock::parsers::pam_conf::parse(text, true);
  drydock::parsers::pam_conf::parse_control(text);
  return 0;
}
