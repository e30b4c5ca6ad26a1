#include "parsers/env_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const drydock::LineIndex lines(text);
  for (const env_file::Assignment& a : env_file::parse(text).assignments) {
    // Each byte of a value stands in the file where its place says.
    for (size_t i = 0; i < a.value.size() && i < 64; ++i) {
      const drydock::Span span = env_file::place(a, i, i + 1);
      const size_t offset = lines.line_bounds(span.line).first + span.column - 1;
      if (offset >= text.size() || text[offset] != a.value[i]) __builtin_trap();
    }
  }
  return 0;
}
