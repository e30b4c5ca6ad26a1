#include "parsers/rsyslog.h"

#include <algorithm>

namespace drydock::parsers::rsyslog {

namespace {

constexpr std::string_view kObjects[] = {
    "action",       "input",     "module",           "global",   "include",
    "template",     "ruleset",   "parser",           "timezone", "main_queue",
    "lookup_table", "dyn_stats", "percentile_stats", "ratelimit"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}
bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), index_(text) {}

  File read() {
    while (true) {
      skip();
      if (at_ >= text_.size()) break;
      const char c = text_[at_];
      if (c == '{' || c == '}' || c == ';')
        ++at_;
      else if (c == '$')
        legacy();
      else if (!object())
        selector();
    }
    return std::move(file_);
  }

 private:
  // White space, "# …" and "/* … */".
  void skip() {
    while (at_ < text_.size()) {
      if (is_blank(text_[at_])) {
        ++at_;
      } else if (text_[at_] == '#') {
        at_ = line_end(at_);
      } else if (text_.substr(at_, 2) == "/*") {
        const size_t end = text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        break;
      }
    }
  }

  size_t line_end(size_t from) const { return std::min(text_.find('\n', from), text_.size()); }

  void legacy() {
    const size_t begin = at_;
    size_t end = line_end(at_);
    at_ = end;
    const std::string_view line = text_.substr(begin, end - begin);
    if (line.find('\0') != std::string_view::npos)
      return file_.errors.add("nul-byte", index_.span(begin, end), "a NUL byte in the line");
    // A comment may follow behind white space.
    for (size_t i = 1; i < line.size(); ++i)
      if (line[i] == '#' && is_blank(line[i - 1])) {
        end = begin + i;
        break;
      }
    while (end > begin && is_blank(text_[end - 1])) --end;
    size_t name_end = begin + 1;
    while (name_end < end && !is_blank(text_[name_end])) ++name_end;
    size_t value = name_end;
    while (value < end && is_blank(text_[value])) ++value;
    file_.statements.push_back(Legacy{lower(text_.substr(begin + 1, name_end - begin - 1)),
                                      std::string(text_.substr(value, end - value)),
                                      index_.span(begin, end), index_.span(value, end)});
  }

  // An object at the place where the reader stands; false if there is none.
  bool object() {
    size_t name_end = at_;
    while (name_end < text_.size() && is_name(text_[name_end])) ++name_end;
    const std::string kind = lower(text_.substr(at_, std::min<size_t>(name_end - at_, 32)));
    if (std::ranges::find(kObjects, kind) == std::end(kObjects)) return false;
    size_t open = name_end;
    while (open < text_.size() && is_blank(text_[open])) ++open;
    if (open >= text_.size() || text_[open] != '(') return false;
    Object result;
    result.kind = kind;
    const size_t begin = at_;
    at_ = open + 1;
    if (!parameters(result)) {
      file_.errors.add("unterminated-object", index_.span(begin, open + 1),
                       "there is no ')' for this '('");
      at_ = text_.size();
      return true;
    }
    result.span = index_.span(begin, at_);
    file_.statements.push_back(std::move(result));
    return true;
  }

  bool parameters(Object& object) {
    while (true) {
      skip();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ >= text_.size()) return false;
      if (text_[at_] == ')') {
        ++at_;
        return true;
      }
      const size_t begin = at_;
      while (at_ < text_.size() && is_name(text_[at_])) ++at_;
      const size_t name_end = at_;
      skip();
      if (name_end == begin || at_ >= text_.size() || text_[at_] != '=') {
        file_.errors.add("bad-parameter", index_.span(begin, std::max(at_, begin + 1)),
                         "expected name=\"value\"");
        // On to what may be the next one.
        while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ')') {
          if (text_[at_] == '"' && !skip_string()) return false;
          ++at_;
        }
        continue;
      }
      ++at_;
      skip();
      Parameter parameter;
      parameter.name = lower(text_.substr(begin, name_end - begin));
      if (!value(parameter)) return false;
      parameter.span = index_.span(begin, at_);
      object.parameters.push_back(std::move(parameter));
    }
  }

  // Stands on a '"'; goes to its partner.
  bool skip_string() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    if (at_ < text_.size()) return true;
    file_.errors.add("unterminated-string", index_.span(begin, begin + 1),
                     "this quote is never closed");
    at_ = text_.size();
    return false;
  }

  // A string, an array of them (joined with blanks), or a bare word.
  bool value(Parameter& parameter) {
    if (at_ < text_.size() && text_[at_] == '[') {
      const size_t begin = at_++;
      while (true) {
        skip();
        if (at_ >= text_.size()) return false;
        if (text_[at_] == ']') break;
        if (text_[at_] == '"') {
          const size_t open = at_;
          if (!skip_string()) return false;
          if (!parameter.value.empty()) parameter.value += ' ';
          parameter.value += text_.substr(open + 1, at_ - open - 1);
        }
        ++at_;
      }
      ++at_;
      parameter.value_span = index_.span(begin, at_);
      return true;
    }
    const size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      if (!skip_string()) return false;
      ++at_;
      parameter.value = text_.substr(begin + 1, at_ - begin - 2);
      parameter.value_span = index_.span(begin + 1, at_ - 1);
      return true;
    }
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ')') ++at_;
    parameter.value = text_.substr(begin, at_ - begin);
    parameter.value_span = index_.span(begin, at_);
    return true;
  }

  // Everything else ends with its line, unless an object stands in it.
  void selector() {
    const size_t begin = at_;
    const size_t end = line_end(at_);
    bool quoted = false;
    for (size_t i = begin; i < end; ++i) {
      if (text_[i] == '"') quoted = !quoted;
      if (quoted || (i > begin && is_name(text_[i - 1])) || !is_name(text_[i])) continue;
      at_ = i;
      if (object()) return;
    }
    at_ = end;
    if (text_.substr(begin, end - begin).find('\0') != std::string_view::npos)
      return file_.errors.add("nul-byte", index_.span(begin, end), "a NUL byte in the line");
    size_t stop = end;
    while (stop > begin && is_blank(text_[stop - 1])) --stop;
    // "if … then ACTION" and property filters have their action as the last word; a selector has no blanks.
    size_t action = begin;
    const bool plain = text_[begin] != ':' && text_.substr(begin, 3) != "if ";
    if (plain) {
      while (action < stop && !is_blank(text_[action])) ++action;
      while (action < stop && is_blank(text_[action])) ++action;
    } else {
      action = stop;
      while (action > begin && !is_blank(text_[action - 1])) --action;
    }
    if (action >= stop) return;
    size_t filter_end = action;
    while (filter_end > begin && is_blank(text_[filter_end - 1])) --filter_end;
    file_.statements.push_back(Selector{std::string(text_.substr(begin, filter_end - begin)),
                                        std::string(text_.substr(action, stop - action)),
                                        index_.span(begin, stop), index_.span(action, stop)});
  }

  std::string_view text_;
  LineIndex index_;
  File file_;
  size_t at_ = 0;
};

}  // namespace

File parse(std::string_view text) {
  return Reader(text).read();
}

}  // namespace drydock::parsers::rsyslog
