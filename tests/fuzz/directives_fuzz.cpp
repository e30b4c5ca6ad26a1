#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/directives.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  namespace directives = drydock::parsers::directives;
  (void)directives::parse(text, {.comments = "#!;%"});
  (void)directives::parse(text, {.separator = '=', .leading_space_continues = true});
  (void)directives::parse(text, {.inline_comments = true, .backslash_continues = true});
  (void)directives::parse(text, {.separator = '=', .quotes = true});
  return 0;
}
