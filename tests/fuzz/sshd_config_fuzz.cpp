#include "parsers/sshd_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers;
  const sshd_config::File file = sshd_config::parse({reinterpret_cast<const char*>(data), size});
  for (const sshd_config::Line& line : file.lines) {
    if (line.span.line == 0 || line.match > file.matches.size()) __builtin_trap();
    if (const sshd_config::Keyword* keyword = sshd_config::keyword(line.keyword))
      sshd_config::meaning(*keyword, line);
  }
  return 0;
}
