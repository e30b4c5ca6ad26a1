#include "parsers/pam_module_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers::pam_module_conf;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse(text);
  parse(text, Lines::any);
  return 0;
}
