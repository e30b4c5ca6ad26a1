#include "parsers/quadlet.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers;
  const unit::File file = quadlet::parse({reinterpret_cast<const char*>(data), size});
  for (const unit::Assignment& assignment : file.assignments)
    for (const auto split : {quadlet::split_list, quadlet::split_arguments})
      for (const unit::Word& word : split(assignment.value).words)
        if (word.text.empty() || word.begin >= word.end || word.end > assignment.value.size() ||
            unit::place(assignment, word.begin, word.end).line == 0)
          __builtin_trap();
  return 0;
}
