#include <cstdint>
#include <cstdlib>

#include "parsers/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto document = drydock::parsers::yaml::parse({reinterpret_cast<const char*>(data), size});
  if (document.root && !document.errors.empty()) std::abort();
  return 0;
}
