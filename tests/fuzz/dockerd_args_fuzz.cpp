#include <algorithm>

#include "parsers/dockerd_args.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers::dockerd_args;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<Word> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    words.push_back({std::string(text.substr(begin, end - begin)),
                     {1, static_cast<uint32_t>(begin + 1), 1, static_cast<uint32_t>(end + 1)}});
    begin = end + 1;
  }
  for (const Option& option : parse(words).options)
    if (option.flag == nullptr || option.span.line == 0 ||
        (option.flag->is_boolean && option.value != "true" && option.value != "false"))
      __builtin_trap();
  return 0;
}
