// What audit_rules.cpp knows of a line as getopt_long(3) sees it. Not for others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::parsers::audit_rules {

// One word of a line: its text with the escapes undone, and its bytes in the file.
struct Word {
  std::string text;
  size_t begin = 0;
  size_t end = 0;

  // The bytes of text[from, to) in the file; the whole word if escapes moved them.
  std::pair<size_t, size_t> bytes(size_t from, size_t to) const {
    if (text.size() != end - begin) return {begin, end};
    return {begin + from, begin + to};
  }
};

// auditctl splits at spaces after it has set "\ " and "\\" aside. The first word keeps its
// backslashes.
std::vector<Word> split(std::string_view text, size_t begin, size_t end);

// One option as getopt_long(3) hands it over.
struct Option {
  int id = 0;  // the letter; a LongId for a long one; '?' unknown, ':' without its argument
  std::string name;
  std::string argument;
  std::pair<size_t, size_t> bytes;           // the option and its argument
  std::pair<size_t, size_t> argument_bytes;  // empty if there is none
  Word word;                                 // that holds the argument
  size_t argument_at = 0;                    // where it begins in the word
};

enum LongId : int { kImmutable = 256, kWaitTime, kResetLost, kResetWaitTime, kResetDepth, kSignal };

// The options of a line, one after the other. Words that are no option are left for stray().
class Options {
 public:
  explicit Options(std::vector<Word> words) : words_(std::move(words)) {}

  std::optional<Option> next();

  // The first word that no option took, among those seen and those still to come; null if there is
  // none.
  const Word* stray() const;
  size_t word_count() const { return words_.size(); }
  const Word* peek() const { return at_ < words_.size() ? &words_[at_] : nullptr; }

 private:
  std::optional<Option> short_option();
  std::optional<Option> long_option();
  void take_argument(Option& option);

  std::vector<Word> words_;
  size_t at_ = 0;
  size_t cluster_ = 0;  // position in a word of short options; 0: between words
  const Word* stray_ = nullptr;
  bool ended_ = false;
};

}  // namespace drydock::parsers::audit_rules
