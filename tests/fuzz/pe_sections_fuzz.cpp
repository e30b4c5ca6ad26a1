#include "parsers/pe_sections.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::TextBytes bytes({reinterpret_cast<const char*>(data), size});
  drydock::parsers::pe_sections::parse(bytes, {".cmdline", ".uname"});
  return 0;
}
