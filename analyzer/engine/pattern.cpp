#include "analyzer/engine/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace drydock::engine {

Pattern::Pattern(std::string_view pattern) {
  if (pattern.size() > kMaxBytes) {
    problem_ = "it is longer than " + std::to_string(kMaxBytes) + " bytes";
    return;
  }
  RE2::Options options;
  options.set_max_mem(1 << 20);
  options.set_log_errors(false);
  options.set_encoding(RE2::Options::EncodingLatin1);
  compiled_ = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled_->ok()) problem_ = compiled_->error();
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

bool Pattern::matches(std::string_view text) const {
  return ok() && RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

bool has_word(std::string_view list, std::string_view word) {
  constexpr std::string_view kSeparators = ", \t\r\n";
  if (word.empty()) return false;
  for (size_t begin = 0; begin < list.size();) {
    const size_t end = std::min(list.find_first_of(kSeparators, begin), list.size());
    if (list.substr(begin, end - begin) == word) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace drydock::engine
