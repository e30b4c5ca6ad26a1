#include "parsers/ssh_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers;
  const ssh_config::File file = ssh_config::parse({reinterpret_cast<const char*>(data), size});
  for (const ssh_config::Line& line : file.lines) {
    if (line.span.line == 0 || line.block > file.blocks.size()) __builtin_trap();
    if (const ssh_config::Keyword* keyword = ssh_config::keyword(line.keyword))
      ssh_config::meaning(*keyword, line);
  }
  return 0;
}
