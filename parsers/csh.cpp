#include "parsers/csh.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::csh {
namespace {

struct Word {
  std::string text;  // without quotes and backslashes
  size_t begin = 0, end = 0;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  std::vector<Setting> parse() {
    for (size_t at = 0; at < text_.size();) {
      std::vector<Word> words = command(at);
      if (!words.empty()) run(words);
    }
    return std::move(out_);
  }

 private:
  // The words up to a ';' or the end of the line, which is passed.
  std::vector<Word> command(size_t& at) const {
    std::vector<Word> words;
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '\\' && at + 1 < text_.size() && text_[at + 1] == '\n') {
        at += 2;
      } else if (c == '\n' || c == ';') {
        ++at;
        break;
      } else if (is_blank_or_return(c)) {
        ++at;
      } else if (c == '#') {
        at = std::min(text_.find('\n', at), text_.size());
      } else {
        words.push_back(word(at));
      }
    }
    return words;
  }

  Word word(size_t& at) const {
    Word out{"", at, at};
    char quote = 0;
    int parentheses = 0;
    for (; at < text_.size() && text_[at] != '\n'; ++at) {
      const char c = text_[at];
      if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '"' || c == '\'' || c == '`')) {
        quote = c;
      } else if (quote == 0 && c == '\\' && at + 1 < text_.size() && text_[at + 1] != '\n') {
        out.text += text_[++at];
      } else {
        if (quote == 0 && c == '(') ++parentheses;
        if (quote == 0 && c == ')') --parentheses;
        if (quote == 0 && (c == '#' || (parentheses <= 0 && (is_blank_or_return(c) || c == ';'))))
          break;
        if (quote == 0 && c == '\\' && at + 1 < text_.size()) break;  // the line goes on
        out.text += c;
      }
    }
    out.end = at;
    return out;
  }

  void run(std::vector<Word>& words) {
    const std::string& name = words[0].text;
    // "if (…) command" on one line, "if (…) then" over several.
    if (name == "if" || name.starts_with("if(")) {
      if (words.back().text == "then") {
        ++depth_;
        return;
      }
      size_t first = name == "if" ? 1 : 0;
      first = std::min(first + 1, words.size());
      words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(first));
      if (!words.empty()) setting(words, true);
      return;
    }
    if (name == "foreach" || name == "while" || name == "switch" || name.starts_with("while(") ||
        name.starts_with("switch(")) {
      ++depth_;
      return;
    }
    if (name == "endif" || name == "end" || name == "endsw") {
      depth_ = std::max(depth_ - 1, 0);
      return;
    }
    setting(words, depth_ > 0);
  }

  void setting(const std::vector<Word>& words, bool conditional) {
    const auto add = [&](std::string name, std::string value, bool readonly, size_t begin,
                         size_t end) {
      out_.push_back({std::move(name), std::move(value), readonly, conditional,
                      lines_.span(words[0].begin, words.back().end), lines_.span(begin, end)});
    };
    const std::string& command = words[0].text;
    if (command == "umask" && words.size() == 2)
      add("umask", words[1].text, false, words[1].begin, words[1].end);
    if (command == "unset")
      for (size_t i = 1; i < words.size(); ++i)
        add(words[i].text, "", false, words[i].begin, words[i].end);
    if (command != "set") return;
    bool readonly = false;
    for (size_t i = 1; i < words.size(); ++i) {
      const std::string& word = words[i].text;
      if (word == "-r") {
        readonly = true;
        continue;
      }
      if (word.starts_with('-')) continue;
      const size_t equals = word.find('=');
      std::string name = word.substr(0, equals);
      // "name=value", "name = value"; behind "name=" nothing more belongs to it, and "name =value" is an error.
      if (equals != std::string::npos) {
        const size_t begin = std::min(words[i].begin + equals + 1, words[i].end);
        add(std::move(name), word.substr(equals + 1), readonly, begin, words[i].end);
      } else if (i + 2 < words.size() && words[i + 1].text == "=") {
        i += 2;
        add(std::move(name), words[i].text, readonly, words[i].begin, words[i].end);
      } else {
        if (word.starts_with('=')) return;
        add(std::move(name), "", readonly, words[i].end, words[i].end);
      }
    }
  }

  std::string_view text_;
  LineIndex lines_;
  int depth_ = 0;
  std::vector<Setting> out_;
};

}  // namespace

std::vector<Setting> parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::csh
