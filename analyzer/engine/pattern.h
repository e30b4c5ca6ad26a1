// The small text functions that expects and the SQL of rules share.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace drydock::engine {

// An RE2 pattern that costs at most 1 MiB of memory and writes nothing to standard error. Works on
// bytes: facts come from files whose encoding nobody has checked.
class Pattern {
 public:
  static constexpr size_t kMaxBytes = 1000;  // of the pattern's text

  explicit Pattern(std::string_view pattern);
  ~Pattern();
  Pattern(Pattern&&) noexcept;

  bool ok() const { return problem_.empty(); }
  const std::string& problem() const { return problem_; }  // what RE2 says against it

  // Is there a match somewhere in `text`? False for a pattern that is not ok.
  bool matches(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> compiled_;
  std::string problem_;
};

// Is `word` an element of a list that is separated by commas or blanks?
bool has_word(std::string_view list, std::string_view word);

}  // namespace drydock::engine
