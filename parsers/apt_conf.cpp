#include "parsers/apt_conf.h"

#include <algorithm>

namespace drydock::parsers::apt_conf {
namespace {

constexpr size_t kDepth = 16;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), lines_(text) {}

  File read() {
    while (skip_space()) {
      const char c = text_[at_];
      if (c == '}') {
        if (scopes_.empty())
          error("unexpected", at_, at_ + 1, "a '}' without a block");
        else
          scopes_.pop_back();
        ++at_;
      } else if (c == ';') {
        ++at_;  // behind a block
      } else if (c == '{') {
        error("unexpected", at_, at_ + 1, "a block without a name");
        if (!open_block("")) break;
      } else if (!read_statement()) {
        break;
      }
    }
    if (!scopes_.empty() && !stopped_)
      error("unterminated", text_.size(), text_.size(), "a block is not closed");
    return std::move(file_);
  }

 private:
  void error(std::string_view code, size_t from, size_t to, std::string message) {
    Span span = lines_.span(from, to);
    file_.errors.add(code, span, std::move(message), Effect::refused);
  }

  // Past blanks and comments; false at the end.
  bool skip_space() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_).starts_with("//") ||
                 (text_[at_] == '#' && !text_.substr(at_).starts_with("#clear") &&
                  !text_.substr(at_).starts_with("#include") &&
                  !text_.substr(at_).starts_with("#x-apt-configure-index"))) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const size_t end = end_of_comment();
        if (end == std::string_view::npos) {
          error("unterminated", at_, at_ + 2, "a comment is not closed");
          at_ = text_.size();
        } else {
          at_ = end + 2;
        }
      } else {
        return true;
      }
    }
    return false;
  }

  // Of the line on which it begins, apt takes a "//" or '#' for the start of another comment first, so that a
  // "*/" behind a URL does not count.
  size_t end_of_comment() const {
    const size_t line_end = std::min(text_.find('\n', at_), text_.size());
    bool quoted = false;
    size_t cut = line_end;
    for (size_t i = at_; i < line_end && cut == line_end; ++i) {
      if (text_[i] == '"') quoted = !quoted;
      if (!quoted && (text_[i] == '#' || text_.substr(i).starts_with("//"))) cut = i;
    }
    const size_t end = text_.find("*/", at_ + 2);
    return end == std::string_view::npos || end + 2 <= cut || end > line_end
               ? end
               : text_.find("*/", line_end);
  }

  // A word, or what stands in quotes.
  std::string take_value(size_t& from, size_t& to) {
    std::string out;
    from = at_;
    if (text_[at_] == '"') {
      const size_t end = text_.find('"', at_ + 1);
      if (end == std::string_view::npos) {
        error("unterminated", at_, at_ + 1, "a value is not closed");
        to = at_ = text_.size();
        return out;
      }
      out = text_.substr(at_ + 1, end - at_ - 1);
      to = at_ = end + 1;
      return out;
    }
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '{' && text_[at_] != '}' &&
           text_[at_] != ';' && text_[at_] != '"')
      out += text_[at_++];
    to = at_;
    return out;
  }

  std::string scoped(std::string_view name) const {
    std::string out;
    for (const std::string& scope : scopes_) out += scope + "::";
    return out + std::string(name);
  }

  bool open_block(const std::string& name) {
    if (scopes_.size() == kDepth) {
      error("too-deep", at_, at_ + 1, "blocks stand too deep inside each other");
      return !(stopped_ = true);
    }
    scopes_.push_back(name);
    ++at_;
    return true;
  }

  // NAME "value";  NAME value;  NAME { … }  "element";  #clear NAME;
  bool read_statement() {
    const size_t begin = at_;
    size_t from = 0, to = 0;
    const bool quoted = text_[at_] == '"';
    std::string name = take_value(from, to);
    if (name.empty() && !quoted) {
      error("unexpected", at_, at_ + 1, "expected a name");
      ++at_;
      return true;
    }
    if (!skip_space()) {
      error("unterminated", begin, text_.size(), "expected ';'");
      return false;
    }
    Setting setting;
    if (name == "#include" || name == "#clear") {
      setting.clear = name == "#clear";
      name = take_value(from, to);
      skip_space();
    } else if (text_[at_] == '{') {
      return open_block(name);
    } else if (text_[at_] == ';' || text_[at_] == '}') {  // the last element may lack its ';'
      setting.name = scoped("");
      setting.value = name;
      return finish(std::move(setting), begin, from, to, !quoted && scopes_.empty());
    } else {
      setting.value = take_value(from, to);
      if (!skip_space()) {
        error("unterminated", begin, text_.size(), "expected ';'");
        return false;
      }
    }
    if (!setting.clear && text_.substr(begin).starts_with("#include")) {
      error("not-followed", begin, to, "an included file is not read");
      if (at_ < text_.size() && text_[at_] == ';') ++at_;
      return true;
    }
    setting.name = scoped(name);
    return finish(std::move(setting), begin, from, to, false);
  }

  bool finish(Setting setting, size_t begin, size_t from, size_t to, bool nothing) {
    setting.value_span = lines_.span(from, to);
    setting.span = lines_.span(begin, to);
    if (at_ >= text_.size() || (text_[at_] != ';' && text_[at_] != '}')) {
      error("unexpected", begin, to, "expected ';' after the value");
      // Up to the next ';', so that one mistake is one.
      at_ = std::min(text_.find(';', at_), text_.size());
      return true;
    }
    if (text_[at_] == ';') ++at_;
    // "NAME;" alone makes the name known without a value.
    if (!nothing) file_.settings.push_back(std::move(setting));
    return true;
  }

  std::string_view text_;
  LineIndex lines_;
  File file_;
  size_t at_ = 0;
  std::vector<std::string> scopes_;
  bool stopped_ = false;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::apt_conf
