// The small text functions that expects and the SQL of rules share.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

namespace drydock::engine {

// An RE2 that costs at most 1 MiB and says nothing on standard error. Test ok().
inline std::unique_ptr<RE2> compile_pattern(std::string_view pattern) {
  RE2::Options options;
  options.set_max_mem(1 << 20);
  options.set_log_errors(false);
  // Facts are bytes of files nobody has checked: UTF-8 patterns would silently not match them.
  options.set_encoding(RE2::Options::EncodingLatin1);
  return std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
}

inline re2::StringPiece re2_text(std::string_view text) { return {text.data(), text.size()}; }

// Is `word` an element of a list that is separated by commas or blanks?
inline bool has_word(std::string_view list, std::string_view word) {
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
