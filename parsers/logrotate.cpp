#include "parsers/logrotate.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::logrotate {

namespace {

enum class Value {
  none,
  weekday,   // may be given, of 0 to 7
  number,    // of strtoul(3) with any base
  size,      // with k, M or G
  address,   // one word
  needed,    // anything
  optional,  // anything; logrotate does without
  script,    // lines up to "endscript"
};

struct Known {
  std::string_view name;
  Value value;
};

// logrotate(8) "DIRECTIVES", 3.21.
constexpr Known kOptions[] = {
    {"addextension", Value::optional},
    {"allowhardlink", Value::none},
    {"compress", Value::none},
    {"compresscmd", Value::needed},
    {"compressext", Value::needed},
    {"compressoptions", Value::needed},
    {"copy", Value::none},
    {"copytruncate", Value::none},
    {"create", Value::optional},
    {"createolddir", Value::optional},
    {"daily", Value::none},
    {"dateext", Value::none},
    {"dateformat", Value::optional},
    {"datehourago", Value::none},
    {"dateyesterday", Value::none},
    {"delaycompress", Value::none},
    {"errors", Value::optional},
    {"extension", Value::optional},
    {"firstaction", Value::script},
    {"hourly", Value::none},
    {"ifempty", Value::none},
    {"ignoreduplicates", Value::none},
    {"include", Value::optional},
    {"lastaction", Value::script},
    {"mail", Value::address},
    {"mailfirst", Value::none},
    {"maillast", Value::none},
    {"maxage", Value::number},
    {"maxsize", Value::size},
    {"minage", Value::number},
    {"minsize", Value::size},
    {"missingok", Value::none},
    {"monthly", Value::none},
    {"noallowhardlink", Value::none},
    {"nocompress", Value::none},
    {"nocopy", Value::none},
    {"nocopytruncate", Value::none},
    {"nocreate", Value::none},
    {"nocreateolddir", Value::none},
    {"nodateext", Value::none},
    {"nodelaycompress", Value::none},
    {"noignoreduplicates", Value::none},
    {"nomail", Value::none},
    {"nomissingok", Value::none},
    {"noolddir", Value::none},
    {"norenamecopy", Value::none},
    {"nosharedscripts", Value::none},
    {"noshred", Value::none},
    {"notifempty", Value::none},
    {"olddir", Value::needed},
    {"postrotate", Value::script},
    {"preremove", Value::script},
    {"prerotate", Value::script},
    {"renamecopy", Value::none},
    {"rotate", Value::number},
    {"sharedscripts", Value::none},
    {"shred", Value::none},
    {"shredcycles", Value::number},
    {"size", Value::size},
    {"start", Value::number},
    {"su", Value::needed},
    {"tabooext", Value::optional},
    {"taboopat", Value::optional},
    {"uncompresscmd", Value::needed},
    {"weekly", Value::weekday},
    {"yearly", Value::none},
};

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_space(char c) {
  return is_blank(c) || (c >= '\n' && c <= '\r');
}
// strtol(3) with base 0: "7", "+7", "0x1f", "017", all of the text.
bool is_number(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto all = [](std::string_view digits, auto is) {
    return !digits.empty() && std::ranges::all_of(digits, is);
  };
  if (text.starts_with("0x") || text.starts_with("0X"))
    return all(text.substr(2), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
  if (text.starts_with('0')) return all(text, [](char c) { return c >= '0' && c <= '7'; });
  return all(text, is_digit);
}

// A number and a unit; the unit alone is 0.
bool is_size(std::string_view text) {
  if (text.ends_with('k') || text.ends_with('M') || text.ends_with('G')) {
    text.remove_suffix(1);
    if (text.empty()) return true;
  }
  return !text.empty() && is_digit(text.back()) && !text.starts_with('-') && is_number(text);
}

// 0 to 7, with zeros before it; or nothing.
bool is_weekday(std::string_view text) {
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return text.empty() || (text.size() == 1 && text[0] >= '0' && text[0] <= '7');
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), index_(text) {}

  File read() {
    while (at_ < text_.size() && !is_refused_) {
      const char c = text_[at_];
      if (is_skipping_ && c != '\n')
        skip();
      else if (is_blank(c) || c == '\n')
        ++at_;
      else if (c == '#')
        at_ = line_end();
      else if (is_letter(c))
        word();
      else if ((c == '/' || c == '"' || c == '\'' || c == '~') && !in_block_)
        block();
      else if (c == '}' && in_block_)
        end_block();
      else
        mistake("bad-word", at_, at_ + 1, "expected an option or the name of a file", 2);
    }
    return std::move(file_);
  }

 private:
  size_t line_end() const { return std::min(text_.find('\n', at_), text_.size()); }

  // In a block that is left out: only '}' as the first byte of a line ends it, unless it stands in a script.
  void skip() {
    if (text_[at_] == '}') {
      ++at_;
      in_block_ = is_skipping_ = false;
      return;
    }
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    const Known* const option = known(letters());
    at_ = line_end();
    if (option && option->value == Value::script) script();
  }

  std::string_view letters() const {
    size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  static const Known* known(std::string_view name) {
    const auto found = std::ranges::lower_bound(kOptions, name, {}, &Known::name);
    return found != std::end(kOptions) && found->name == name ? found : nullptr;
  }

  void word() {
    const size_t begin = at_;
    const std::string_view name = letters();
    at_ += name.size();
    if (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '=')
      return mistake("bad-word", begin, at_ + 1, "no white space behind the option", 2);
    const Known* const option = known(name);
    if (!option) {
      file_.errors.add("unknown-option", index_.span(begin, at_), "logrotate has no such option");
      at_ = line_end();
      return;
    }
    if (option->value == Value::script) {
      at_ = line_end();
      return script();
    }
    if (option->value == Value::none) {
      keep(begin, at_, at_, at_);
      if (at_ < text_.size()) ++at_;
      return;
    }
    value(*option, begin);
  }

  // The rest of the line, behind blanks and one '='.
  void value(const Known& option, size_t begin) {
    const size_t name_end = at_, end = line_end();
    size_t value = at_, value_end = end;
    const auto skip_blanks = [&] {
      while (value < end && is_blank(text_[value])) ++value;
    };
    skip_blanks();
    if (option.value != Value::weekday && value < end && text_[value] == '=') {
      ++value;
      skip_blanks();
    }
    while (value_end > value && is_space(text_[value_end - 1])) --value_end;
    // "rotate" and a carriage return: an empty number is 0.
    const bool is_zero = option.value == Value::number && value < end && value == value_end;
    at_ = end;
    const std::string_view written = text_.substr(value, value_end - value);
    if (in_block_ && option.name.starts_with("taboo"))
      return mistake("bad-word", begin, name_end, "not an option of a block", 0);
    if (value == end && option.value == Value::size)
      return file_.errors.add("missing-value", index_.span(begin, name_end), "expected a value");
    if (written.empty() && option.value == Value::optional && option.name != "create" &&
        option.name != "createolddir")
      return file_.errors.add("missing-value", index_.span(begin, name_end), "expected a value");
    const bool is_good = option.value == Value::optional || is_zero ||
                         (option.value == Value::weekday && is_weekday(written)) ||
                         (option.value == Value::number && is_number(written)) ||
                         (option.value == Value::size && is_size(written)) ||
                         (option.value == Value::needed && !written.empty()) ||
                         (option.value == Value::address && !written.empty() &&
                          std::ranges::none_of(written, is_space));
    // A bad day costs the file even in a block.
    if (!is_good && option.value == Value::weekday) in_block_ = false;
    if (!is_good)
      // Where there is none logrotate has gone to the next line, and skips that.
      return mistake("bad-value", value, value_end, "not a value that this option takes",
                     in_block_ && value == end && option.name != "su"
                         ? std::min(text_.find('\n', end + 1), text_.size()) - end
                         : 0);
    keep(begin, name_end, value, value_end);
  }

  void keep(size_t begin, size_t name_end, size_t value, size_t value_end) {
    if (value == value_end) value = value_end = name_end;
    (in_block_ ? block_.options : file_.options)
        .push_back({std::string(text_.substr(begin, name_end - begin)),
                    std::string(text_.substr(value, value_end - value)),
                    index_.span(begin, value_end), index_.span(value, value_end)});
  }

  // Stands at the end of the line that opens it.
  void script() {
    const size_t begin = at_;
    while (at_ < text_.size()) {
      ++at_;
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      const std::string_view first = letters();
      if (first == "endscript" &&
          (at_ + first.size() == text_.size() || is_space(text_[at_ + first.size()]) ||
           text_[at_ + first.size()] == '=')) {
        at_ += first.size();
        return;
      }
      at_ = line_end();
    }
    in_block_ = false;
    mistake("missing-endscript", begin, begin + 1, "this script never ends", 0);
  }

  void block() {
    const size_t open = text_.find('{', at_);
    if (open == std::string_view::npos)
      return mistake("missing-block", at_, line_end(), "expected '{' behind the names of files", 0);
    block_ = {{}, {}, file_.options.size(), {}};
    size_t end = at_;
    for (size_t i = at_; i < open;) {
      while (i < open && is_space(text_[i])) ++i;
      size_t begin = i;
      while (i < open && !is_space(text_[i])) ++i;
      if (i == begin) continue;
      block_.logs += (block_.logs.empty() ? "" : " ") + std::string(text_.substr(begin, i - begin));
      end = i;
    }
    block_.span = index_.span(at_, end);
    at_ = open + 1;
    in_block_ = true;
  }

  void end_block() {
    in_block_ = false;
    file_.blocks.push_back(std::move(block_));
    ++at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    const size_t end = line_end();
    if (at_ < end)
      file_.errors.add("text-after-block", index_.span(at_, end), "'}' must end its line");
    at_ = end;
  }

  // `eaten`: bytes from here on that logrotate does not look at again.
  void mistake(std::string_view code, size_t begin, size_t end, std::string message, size_t eaten) {
    const Span span = index_.span(begin, std::max(end, begin + 1));
    at_ = std::min(at_ + eaten, text_.size());
    is_skipping_ = in_block_;
    is_refused_ = !in_block_;
    if (in_block_)
      file_.errors.add("bad-block", span, std::move(message));
    else
      file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  std::string_view text_;
  LineIndex index_;
  File file_;
  size_t at_ = 0;
  Block block_;  // the one that is being read
  bool in_block_ = false;
  bool is_skipping_ = false;  // the block has a mistake
  bool is_refused_ = false;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::logrotate
