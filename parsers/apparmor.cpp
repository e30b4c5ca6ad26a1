#include "parsers/apparmor.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "parsers/characters.h"

namespace drydock::parsers::apparmor {
namespace {

constexpr size_t kMaxName = 4096;  // as limits::kPathBytes

bool is_word(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

bool is_any(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::ranges::find(list, word) != list.end();
}

// What a backslash in a name stands for; a character that means something in a pattern keeps it.
std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    constexpr std::string_view kLetters = "aefnrt", kMeanings = "\a\033\f\n\r\t";
    const char next = text[i + 1];
    size_t digits = 0;
    while (digits < 3 && i + 1 + digits < text.size() && text[i + 1 + digits] >= '0' &&
           text[i + 1 + digits] <= '7')
      ++digits;
    char c = 0;
    if (digits > 0) {
      unsigned value = 0;
      for (size_t d = 0; d < digits; ++d)
        value = value * 8 + static_cast<unsigned>(text[i + 1 + d] - '0');
      c = static_cast<char>(value);
    } else if (const size_t at = kLetters.find(next); at != std::string_view::npos) {
      c = kMeanings[at];
    } else if (next == '"' || next == '\\') {
      c = next;
    }
    if (c == 0) {
      out += text[i];
      continue;
    }
    if (std::string_view("*?[]{}^,\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
    i += std::max<size_t>(digits, 1);
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lines_(text) {}

  std::vector<Item> parse() {
    while (!is_over_ && items_.size() <= kMaxItems) statement();
    return std::move(items_);
  }

 private:
  enum class Head : uint8_t { none, wrong, read };

  bool at_end() const { return at_ >= text_.size(); }
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }
  Item& add(What what, size_t begin) {
    items_.push_back({.what = what, .span = lines_.span(begin, std::max(at_, begin + 1))});
    return items_.back();
  }
  void mistake(std::string why) {
    add(What::mistake, std::min(at_, text_.empty() ? 0 : text_.size() - 1)).name = std::move(why);
    is_over_ = true;
  }
  void skip_blanks() {
    while (is_blank(peek()) && !at_end()) ++at_;
  }
  // Blanks and line ends.
  void skip_space() {
    while (!at_end() && (is_blank(peek()) || peek() == '\n' || (peek() == '\r' && peek(1) == '\n')))
      ++at_;
  }
  // As skip_space, and comments and includes, which may stand between any two words. False: a mistake.
  bool skip_between() {
    while (true) {
      skip_space();
      if (peek() == '#') {
        const size_t end = text_.find('\n', at_);
        if (end == std::string_view::npos) {
          mistake("a comment does not end with its line");
          return false;
        }
        if (rest().starts_with("#include")) {
          if (!include(1)) return false;
        } else {
          at_ = end + 1;
        }
      } else if (rest().starts_with("include") && is_blank(peek(7))) {
        if (!include(0)) return false;
      } else {
        return true;
      }
    }
  }

  // '#'s and "include", maybe "if exists", and the file.
  bool include(size_t hashes) {
    const size_t begin = at_;
    at_ += hashes + 7;
    const size_t behind = at_;
    bool if_exists = false;
    if (is_blank(peek())) {
      skip_blanks();
      if (rest().starts_with("if") && is_blank(peek(2))) {
        at_ += 2;
        skip_blanks();
        if (rest().starts_with("exists") && is_blank(peek(6))) {
          at_ += 6;
          if_exists = true;
        }
      }
      if (!if_exists) at_ = behind;
    }
    skip_space();
    std::string file;
    bool is_searched = false;
    if (!file_name(file, is_searched)) {
      mistake("an include names no file");
      return false;
    }
    if (file.size() > kMaxName) {
      mistake("a name is too long");
      return false;
    }
    Item& item = add(What::include, begin);
    item.name = std::move(file);
    item.if_exists = if_exists;
    item.is_searched = is_searched;
    return true;
  }

  // <file>, <"file">, "file" or file.
  bool file_name(std::string& file, bool& is_searched) {
    if (peek() == '<') {
      const size_t end = text_.find_first_of(">\t\r\n", at_);
      if (end != std::string_view::npos && text_[end] == '>' && end > at_ + 1) {
        std::string_view inner = text_.substr(at_ + 1, end - at_ - 1);
        if (inner.size() > 2 && inner.front() == '"' && inner.back() == '"')
          inner = inner.substr(1, inner.size() - 2);
        if (inner.find('"') == std::string_view::npos) {
          file = inner;
          is_searched = true;
          at_ = end + 1;
          return true;
        }
      }
    }
    std::string_view word;
    if (!(peek() == '"' ? quoted(word) : ids(word))) return false;
    file = word;
    return !file.empty();
  }

  // "…" without the quotes; a backslash keeps a quote from ending it.
  bool quoted(std::string_view& out) {
    for (size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\' && i + 1 < text_.size() && text_[i + 1] == '"') {
        ++i;
      } else if (text_[i] == '"') {
        out = text_.substr(at_ + 1, i - at_ - 1);
        at_ = i + 1;
        return true;
      }
    }
    return false;
  }

  // One word of anything: a comma belongs to it if more of the word follows. With `also_ends` it is one of a rule
  // that has conditions, where a carriage return belongs to it.
  bool ids(std::string_view& out, std::string_view also_ends = {}) {
    const auto is_id = [&](char c) {
      if (c == '\r') return !also_ends.empty();
      return std::string_view(" \t\r\n\"!,").find(c) == std::string_view::npos &&
             also_ends.find(c) == std::string_view::npos;
    };
    const size_t begin = at_;
    while (!at_end()) {
      const char c = peek();
      const bool has_next = at_ + 1 < text_.size();
      if (c == '\\' && has_next &&
          std::string_view(" \t\"!,").find(peek(1)) != std::string_view::npos)
        at_ += 2;
      else if (c == ',' && has_next && is_id(peek(1)))
        at_ += 2;
      else if (is_id(c))
        ++at_;
      else
        break;
    }
    out = text_.substr(begin, at_ - begin);
    return at_ > begin;
  }

  std::string_view letters() {
    const size_t begin = at_;
    while (is_word(peek()) && !at_end()) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // @{NAME} or @NAME, $ likewise; empty if there is none.
  std::string_view variable() {
    const size_t begin = at_++;
    const bool has_brace = peek() == '{';
    at_ += has_brace ? 1 : 0;
    const std::string_view name = is_letter(peek()) ? letters() : std::string_view();
    if (name.empty() || (has_brace && peek() != '}')) {
      at_ = begin;
      return {};
    }
    at_ += has_brace ? 1 : 0;
    return name;
  }

  template <class Found>
  static void each_use(std::string_view word, Found found) {
    for (size_t at = 0; (at = word.find("@{", at)) != std::string_view::npos; at += 2) {
      const size_t end = word.find('}', at);
      if (end == std::string_view::npos) return;
      const std::string_view name = word.substr(at + 2, end - at - 2);
      if (!name.empty() && std::ranges::all_of(name, is_word)) found(at, name);
    }
  }

  void uses(std::string_view word, size_t begin) {
    each_use(word, [&](size_t at, std::string_view name) {
      if (used_.emplace(name).second)
        items_.push_back({.what = What::use,
                          .name = std::string(name),
                          .span = lines_.span(begin + at, begin + at + name.size() + 3)});
    });
  }

  void statement() {
    if (!skip_between()) return;
    if (at_end()) {
      is_over_ = true;
      return;
    }
    const size_t begin = at_;
    switch (peek()) {
      case '}':
        ++at_;
        add(What::close, begin);
        return;
      case '{':
        ++at_;
        add(What::block, begin);
        return;
      case '$':
        return boolean();
      case '^':
        ++at_;
        return named(begin, true);
      case '@':
        if (assignment()) return;
        break;
      default:
        break;
    }
    if (is_letter(peek())) {
      const std::string_view word = letters();
      if (word == "profile" || word == "hat") {
        skip_blanks();
        return named(begin, word == "hat");
      }
      if (word == "if") return condition(What::condition, begin);
      if (word == "else") {
        if (!skip_between()) return;
        if (rest().starts_with("if") && !is_word(peek(2))) {
          at_ += 2;
          return condition(What::otherwise_if, begin);
        }
        if (peek() != '{') return mistake("there is no block behind 'else'");
        ++at_;
        add(What::otherwise, begin);
        return;
      }
      if (word == "abi") {
        skip_space();
        std::string file;
        bool is_searched = false;
        if (!file_name(file, is_searched)) return mistake("'abi' names no file");
        Item& item = add(What::abi, begin);
        item.name = std::move(file);
        item.is_searched = is_searched;
        if (!skip_between()) return;
        if (peek() != ',') return mistake("there is no comma behind 'abi'");
        ++at_;
        return;
      }
      at_ = begin;
    }
    if (peek() == '/' || peek() == ':' || peek() == '"' || peek() == '@') {
      const size_t items = items_.size();
      switch (head(begin, false, false)) {
        case Head::read:
        case Head::wrong:
          return;
        case Head::none:
          items_.resize(items);
          at_ = begin;
      }
    }
    rule();
  }

  void named(size_t begin, bool is_hat) {
    if (head(begin, true, is_hat) == Head::none) mistake("a profile has no '{'");
  }

  // A name, what it is for, conditions, flags and '{'. `none` if it may be something else.
  Head head(size_t begin, bool is_named, bool is_hat) {
    std::string_view word;
    if (!(peek() == '"' ? quoted(word) : ids(word))) return Head::none;
    if (word.size() > kMaxName) return wrong("a name is too long");
    std::string name = unescaped(word);
    const size_t end = at_;
    std::string mode;
    std::string_view attached;
    size_t attached_at = 0;
    if (!skip_between()) return Head::wrong;
    if (peek() == '/' || peek() == '@' || peek() == '"') {
      attached_at = at_;
      if (!(peek() == '"' ? quoted(attached) : ids(attached))) return Head::none;
      if (!skip_between()) return Head::wrong;
    }
    bool is_sure = is_named;
    for (const std::string_view key : {"xattrs", "flags"}) {
      const size_t before = at_;
      if (rest().starts_with(key)) {
        at_ += key.size();
        skip_blanks();
        if (peek() != '=') {
          at_ = before;
          continue;
        }
        ++at_;
        skip_space();
        is_sure = true;
        if (peek() != '(') return wrong("there is no '(' behind '" + std::string(key) + "='");
      } else if (key == "xattrs" || peek() != '(') {
        continue;
      }
      ++at_;
      is_sure = true;
      if (key == "flags") {
        if (!flags(mode)) return Head::wrong;
      } else if (!list()) {
        return wrong("a list has no end");
      }
      if (!skip_between()) return Head::wrong;
    }
    if (peek() != '{') return is_sure ? wrong("a profile has no '{'") : Head::none;
    ++at_;
    if (!namespaced(name)) return wrong("a profile has no name that counts");
    if (!is_named && name[0] != '/' && name[0] != ':')
      return wrong("the name of a profile without 'profile' is no path");
    if (attached_at != 0 && attached[0] != '/' && !attached.starts_with("@{"))
      return wrong("a profile is for no path");
    uses(word, begin);
    uses(attached, attached_at);
    items_.push_back({.what = What::profile,
                      .name = std::move(name),
                      .mode = mode.empty() ? "enforce" : mode,
                      .is_named = is_named,
                      .is_hat = is_hat,
                      .span = lines_.span(begin, end)});
    return Head::read;
  }

  Head wrong(std::string why) {
    mistake(std::move(why));
    return Head::wrong;
  }

  // ":space:name" and ":space://name" as ":space://name".
  static bool namespaced(std::string& name) {
    if (name.empty() || name[0] == '&') return false;
    if (name[0] != ':') return true;
    const size_t colon = name.find(':', 1);
    if (colon == std::string::npos || colon == 1) return false;
    std::string_view inner = std::string_view(name).substr(colon + 1);
    if (inner.starts_with("//")) inner.remove_prefix(2);
    if (inner.empty()) return false;
    name = name.substr(0, colon) + "://" + std::string(inner);
    return true;
  }

  // Behind '(': words up to ')', commas between them or not.
  bool flags(std::string& mode) {
    struct Opposite {
      std::string_view one, other;
    };
    static constexpr std::array kOpposites = {
        Opposite{"chroot_relative", "namespace_relative"},
        Opposite{"mediate_deleted", "delegate_deleted"},
        Opposite{"attach_disconnected", "no_attach_disconnected"},
        Opposite{"chroot_attach", "chroot_no_attach"}};
    std::set<std::string, std::less<>> known;
    size_t count = 0;
    for (;; ++count) {
      while (!at_end() && (peek() == ',' || is_blank(peek()) || peek() == '\n' || peek() == '\r'))
        ++at_;
      if (peek() == ')' && !at_end()) break;
      std::string_view word;
      if (at_end() || !(peek() == '"' ? quoted(word) : list_word(word))) {
        mistake("a list of flags has no end");
        return false;
      }
      // Flags of AppArmor 4 are there as well.
      const bool is_mode =
          is_any(word, {"enforce", "complain", "kill", "unconfined", "prompt", "default_allow"});
      const bool is_flag =
          is_any(word, {"audit", "interruptible"}) || word.starts_with("attach_disconnected.") ||
          word.starts_with("kill.signal=") || word.starts_with("error=") ||
          std::ranges::any_of(kOpposites,
                              [&](const Opposite& o) { return o.one == word || o.other == word; });
      if (!is_mode && !is_flag) {
        mistake("there is no flag '" + std::string(word) + "'");
        return false;
      }
      if (is_mode) {
        if (!mode.empty() && mode != word) {
          mistake("the flags '" + mode + "' and '" + std::string(word) + "' contradict each other");
          return false;
        }
        mode = word;
      }
      known.emplace(word);
    }
    if (count == 0) {
      mistake("a list of flags is empty");
      return false;
    }
    for (const Opposite& o : kOpposites)
      if (known.contains(o.one) && known.contains(o.other)) {
        mistake("the flags '" + std::string(o.one) + "' and '" + std::string(o.other) +
                "' contradict each other");
        return false;
      }
    ++at_;
    return true;
  }

  bool list_word(std::string_view& out) {
    const size_t begin = at_;
    while (!at_end() && std::string_view(" \t\r\n\"!,()").find(peek()) == std::string_view::npos)
      ++at_;
    out = text_.substr(begin, at_ - begin);
    return at_ > begin;
  }

  // Behind '(': to its ')'.
  bool list() {
    for (size_t depth = 1; depth > 0; ++at_) {
      if (at_end()) return false;
      if (peek() == '"') {
        std::string_view word;
        const size_t begin = at_;
        if (!quoted(word)) return false;
        uses(word, begin + 1);
        --at_;
      } else if (peek() == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      } else if (peek() == '(') {
        ++depth;
      } else if (peek() == ')') {
        --depth;
      }
    }
    return true;
  }

  // "@{NAME} =": false if it is something else.
  bool assignment() {
    const size_t begin = at_;
    std::string name(variable());
    // Without braces all up to the next blank is the name of a file.
    if (name.size() > 1 && text_[at_ - 1] != '}' && !is_blank(peek())) name.clear();
    skip_blanks();
    const bool adds = peek() == '+', other = peek() == '?' || peek() == ':';
    at_ += adds || other ? 1 : 0;
    if (name.empty() || peek() != '=') {
      at_ = begin;
      return false;
    }
    ++at_;
    // "@{NAME} ?= …" is for one that is not there yet, ":=" for one that is: no mistake either way.
    const size_t item = items_.size();
    if (!other) add(adds ? What::addition : What::variable, begin).name = name;
    bool has_value = false;
    while (true) {
      skip_blanks();
      if (at_end()) break;
      std::string_view word;
      if (peek() == '\n' || (peek() == '\r' && peek(1) == '\n')) {
        at_ += peek() == '\r' ? 2 : 1;
        break;
      }
      if (peek() == '\\' && peek(1) == '\n') {
        at_ += 2;
      } else if (peek() == '#' && has_value) {
        const size_t end = text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end;
      } else if (peek() == '"' ? quoted(word) : ids(word)) {
        has_value = true;
        if (!other)
          each_use(word, [&](size_t, std::string_view used) {
            items_[item].expression.emplace_back(used);
          });
      } else {
        mistake("the value of a variable is followed by something that is none");
        return true;
      }
    }
    if (!has_value) mistake("the variable @{" + name + "} is given no value");
    return true;
  }

  void boolean() {
    const size_t begin = at_;
    std::string name(variable());
    skip_space();
    if (name.empty() || peek() != '=') return mistake("'$' stands for no variable");
    ++at_;
    skip_blanks();
    std::string_view word;
    if (!(peek() == '"' ? quoted(word) : ids(word)))
      return mistake("the variable $" + name + " is given no value");
    const std::string value = lower(word);
    skip_blanks();
    const bool is_last = at_end() || peek() == '\n' || peek() == '\r' || peek() == '#';
    if ((value != "true" && value != "false") || !is_last)
      return mistake("the variable $" + name + " is neither true nor false");
    Item& item = add(What::boolean, begin);
    item.name = std::move(name);
    item.value = value == "true";
  }

  void condition(What what, size_t begin) {
    std::vector<std::string> words;
    while (true) {
      if (!skip_between()) return;
      if (at_end()) return mistake("there is no block behind 'if'");
      if (peek() == '{') break;
      const size_t word_begin = at_;
      if (peek() == '@' || peek() == '$') {
        if (variable().empty()) ++at_;
      } else if (is_letter(peek())) {
        letters();
      } else {
        ++at_;
      }
      words.emplace_back(text_.substr(word_begin, at_ - word_begin));
    }
    if (words.empty()) return mistake("there is no condition behind 'if'");
    ++at_;
    add(what, begin).expression = std::move(words);
  }

  // To its comma.
  void rule() {
    const size_t begin = at_;
    bool is_plain = true;   // the lexer is in no state of a kind of rule
    bool is_prefix = true;  // only "deny", "owner" and such so far
    bool is_alias = false;
    bool is_network = false;  // as is_plain, but a comma may begin a word
    bool has_file = false;
    bool in_mount = false;    // behind the "->" of a mount
    bool takes_word = false;  // behind "->" and '=': anything is a word
    for (bool is_first = true;; is_first = false) {
      if (is_plain ? !skip_between() : (skip_space(), false)) return;
      if (at_end()) return mistake("a rule does not end with a comma");
      const char c = peek();
      const size_t word_begin = at_;
      std::string_view word;
      const bool takes = std::exchange(takes_word, false);
      if (c == ',' && !(is_network && at_ + 1 < text_.size() &&
                        std::string_view(" \t\r\n\"!,").find(peek(1)) == std::string_view::npos)) {
        if (is_first) return mistake("a comma ends no rule");
        ++at_;
        if (is_alias)
          add(What::alias, begin);
        else if (items_.empty() || items_.back().what != What::rule)
          add(What::rule, begin);
        return;
      }
      if (c == '"') {
        if (!quoted(word)) return mistake("a quote is not closed");
        uses(word, word_begin + 1);
        is_prefix = false;
        if (is_plain && !takes && std::exchange(has_file, true))
          return mistake("a rule does not end with a comma");
      } else if (c == '(') {
        ++at_;
        if (!list()) return mistake("a list has no end");
        is_prefix = false;
      } else if (c == '-' && peek(1) == '>') {
        at_ += 2;
        takes_word = true;
        in_mount = !is_plain && !is_network;
      } else if (c == '=' || (c == '<' && peek(1) == '=')) {
        at_ += c == '=' ? 1 : 2;
        takes_word = true;
        in_mount = false;
      } else if (takes) {
        if (!ids(word, in_mount ? "=" : ""))
          return mistake("a rule has a character that no word begins with");
        if (word.ends_with('\r')) return mistake("a carriage return stands in a rule");
        uses(word, word_begin);
      } else if (is_plain && c == '{') {
        if (!is_prefix) return mistake("a rule does not end with a comma");
        ++at_;
        add(What::block, begin);
        return;
      } else if (is_plain && c == '}') {
        return mistake("a rule does not end with a comma");
      } else if (is_plain && is_letter(c)) {
        word = letters();
        if (is_first && word == "include") return mistake("an include names no file");
        is_network = word == "network" || word == "change_profile";
        if (is_any(word,
                   {"network", "mount", "remount", "umount", "unmount", "dbus", "signal", "ptrace",
                    "unix", "change_profile", "rlimit", "userns", "mqueue", "io_uring"}))
          is_plain = false;
        else if (word == "profile" || word == "hat")
          return mistake("a rule does not end with a comma");
        is_alias |= is_first && (word == "alias" || word == "rewrite");
        is_prefix &= is_any(word, {"audit", "deny", "allow", "owner", "other", "user", "prompt"});
      } else if (!is_plain || c == '/' || c == '@' || c == ':' || c == '&') {
        if (!(is_plain || is_network ? ids(word) : ids(word, "=")))
          return mistake("a rule has a character that no word begins with");
        if (!is_plain && word.ends_with('\r')) return mistake("a carriage return stands in a rule");
        uses(word, word_begin);
        is_prefix = false;
        if (is_plain && std::exchange(has_file, true))
          return mistake("a rule does not end with a comma");
      } else {
        return mistake("a rule has a character that no word begins with");
      }
    }
  }

  std::string_view text_;
  LineIndex lines_;
  size_t at_ = 0;
  bool is_over_ = false;
  std::vector<Item> items_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace

std::vector<Item> parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace drydock::parsers::apparmor
