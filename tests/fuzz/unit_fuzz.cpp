#include "parsers/unit.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::parsers;
  const unit::File file = unit::parse({reinterpret_cast<const char*>(data), size});
  for (const unit::Assignment& assignment : file.assignments) {
    for (const unit::Word& word : unit::split_words(assignment.value).words)
      if (word.end > assignment.value.size() ||
          unit::place(assignment, word.begin, word.end).line == 0)
        __builtin_trap();
    unit::split_commands(assignment.value);
  }
  return 0;
}
