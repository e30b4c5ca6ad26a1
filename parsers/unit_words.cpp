// systemd.syntax(7) "Quoting" and systemd.service(5) "Command lines".
#include <algorithm>

#include "parsers/c_escape.h"
#include "parsers/unit.h"

namespace drydock::parsers::unit {
namespace {

constexpr std::string_view kBlank = " \t\n\r";

bool is_blank(char c) {
  return kBlank.find(c) != std::string_view::npos;
}

// Reads the word at `at` (no blank) and moves `at` behind it and the blanks that follow.
std::optional<std::string> read_word(std::string_view value, size_t& at, Word& word) {
  word.begin = at;
  char quote = 0;
  while (at < value.size()) {
    const char c = value[at];
    if (c == '\\') {
      if (++at == value.size()) return "a backslash at the end";
      const size_t taken = c_unescape(value.substr(at), word.text);
      if (taken == 0) {
        word.text += '\\';
        word.text += value[at];
      }
      at += std::max<size_t>(taken, 1);
      continue;
    }
    if (quote == 0 && is_blank(c)) break;
    if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
    else
      word.text += c;
    ++at;
  }
  if (quote != 0) return "unbalanced quote";
  word.end = at;
  while (at < value.size() && is_blank(value[at])) ++at;
  return std::nullopt;
}

}  // namespace

Words split_words(std::string_view value) {
  Words out;
  size_t at = std::min(value.find_first_not_of(kBlank), value.size());
  while (at < value.size()) {
    Word word;
    out.error = read_word(value, at, word);
    if (out.error) return out;
    out.words.push_back(std::move(word));
  }
  return out;
}

Commands split_commands(std::string_view value) {
  Commands out;
  Command command;
  const auto finish = [&] {
    if (!command.words.empty()) out.commands.push_back(std::move(command));
    command = {};
  };
  size_t at = std::min(value.find_first_not_of(kBlank), value.size());
  while (at < value.size()) {
    const auto stands_alone = [&](std::string_view text) {
      return value.substr(at).starts_with(text) &&
             (at + text.size() == value.size() || is_blank(value[at + text.size()]));
    };
    // "Multiple command lines may be concatenated in a single directive by separating them with
    // semicolons (these semicolons must be passed as separate words). Lone semicolons may be
    // escaped."
    if (stands_alone(";")) {
      finish();
      at = std::min(value.find_first_not_of(kBlank, at + 1), value.size());
      continue;
    }
    Word word;
    if (!command.words.empty() && stands_alone("\\;")) {
      word = {";", at, at + 2};
      at = std::min(value.find_first_not_of(kBlank, at + 2), value.size());
    } else {
      out.error = read_word(value, at, word);
      if (out.error) return out;
    }
    if (command.words.empty()) {
      const size_t prefixes = std::min(word.text.find_first_not_of("@-:+!"), word.text.size());
      command.prefixes = word.text.substr(0, prefixes);
      word.text.erase(0, prefixes);
      word.begin += prefixes;  // a quote before the prefixes would shift it: none is written there
    }
    command.words.push_back(std::move(word));
  }
  finish();
  return out;
}

}  // namespace drydock::parsers::unit
