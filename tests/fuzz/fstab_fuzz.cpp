#include "parsers/fstab.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drydock::parsers::fstab::parse(text);
  drydock::parsers::fstab::parse(text, drydock::parsers::fstab::Reader::libc);
  return 0;
}
