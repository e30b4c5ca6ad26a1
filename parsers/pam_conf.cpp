#include "parsers/pam_conf.h"

#include <algorithm>

#include "parsers/characters.h"

namespace drydock::parsers::pam_conf {
namespace {

constexpr std::string_view kBlank = " \n\t";
constexpr size_t kLine = 1023;  // libpam's buffer
constexpr Action kUndefined = -6;

bool equal(std::string_view a, std::string_view lower) {
  return std::ranges::equal(
      a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + ('a' - 'A') : x) == y; });
}

constexpr std::string_view kAnswerNames[kAnswers + 1] = {"success",
                                                         "open_err",
                                                         "symbol_err",
                                                         "service_err",
                                                         "system_err",
                                                         "buf_err",
                                                         "perm_denied",
                                                         "auth_err",
                                                         "cred_insufficient",
                                                         "authinfo_unavail",
                                                         "user_unknown",
                                                         "maxtries",
                                                         "new_authtok_reqd",
                                                         "acct_expired",
                                                         "session_err",
                                                         "cred_unavail",
                                                         "cred_expired",
                                                         "cred_err",
                                                         "no_module_data",
                                                         "conv_err",
                                                         "authtok_err",
                                                         "authtok_recover_err",
                                                         "authtok_lock_busy",
                                                         "authtok_disable_aging",
                                                         "try_again",
                                                         "ignore",
                                                         "abort",
                                                         "authtok_expired",
                                                         "module_unknown",
                                                         "bad_item",
                                                         "conv_again",
                                                         "incomplete",
                                                         "default"};
constexpr std::string_view kActionNames[] = {"ignore", "ok", "done", "bad", "die", "reset"};
constexpr Action kMaxJump = 1'000'000;

void set_default(Control& control, Action action) {
  for (Action& one : control)
    if (one == kUndefined) one = action;
}

// The part in brackets: "answer=action" pairs, which need no blank between them.
bool parse_pairs(std::string_view text, Control& control) {
  const auto skip = [&] {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  };
  while (skip(), !text.empty()) {
    const auto* const answer = std::ranges::find_if(
        kAnswerNames, [&](std::string_view name) { return text.starts_with(name); });
    if (answer == std::end(kAnswerNames)) return false;
    text.remove_prefix(answer->size());
    skip();
    if (text.empty() || text.front() != '=') return false;
    text.remove_prefix(1);
    skip();
    if (text.empty()) return false;
    const auto* const word = std::ranges::find_if(
        kActionNames, [&](std::string_view name) { return text.starts_with(name); });
    Action action = 0;
    if (word != std::end(kActionNames)) {
      action = -static_cast<Action>(word - kActionNames);
      text.remove_prefix(word->size());
    } else {
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        action = std::min(kMaxJump, action * 10 + (text.front() - '0'));
        text.remove_prefix(1);
      }
      if (action == 0) return false;
    }
    const size_t index = static_cast<size_t>(answer - kAnswerNames);
    if (index < kAnswers)
      control[index] = action;
    else
      set_default(control, action);
  }
  return true;
}

// A line put together from its parts, and where each of its bytes stands.
struct Assembled {
  std::string text;
  std::vector<size_t> origin;  // offsets in the file, one more than text

  void add(std::string_view file, size_t begin, size_t end) {
    text.append(file.substr(begin, end - begin));
    for (size_t i = begin; i < end; ++i) origin.push_back(i);
  }
};

// The next token of `line` from `at`; a '[' at its beginning encloses blanks up to the ']'
// (pam.conf(5): "\]" stands for ']').
struct Token {
  std::string text;
  size_t begin = 0;  // with the brackets
  size_t end = 0;
};
std::optional<Token> next_token(const std::string& line, size_t& at) {
  at = line.find_first_not_of(kBlank, at);
  if (at == std::string::npos) {
    at = line.size();
    return std::nullopt;
  }
  Token token{{}, at, at};
  if (line[at] != '[') {
    at = std::min(line.find_first_of(kBlank, at), line.size());
    token.text = line.substr(token.begin, at - token.begin);
    token.end = at;
    return token;
  }
  for (++at; at < line.size() && line[at] != ']'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == ']') ++at;
    token.text += line[at];
  }
  if (at < line.size()) ++at;
  token.end = at;
  return token;
}

class Parser {
 public:
  Parser(std::string_view text, bool has_service)
      : text_(text), has_service_(has_service), index_(text) {}

  File run() {
    for (uint32_t number = 1; number <= index_.line_count();) assemble(number);
    return std::move(file_);
  }

 private:
  // libpam: a '#' begins a comment anywhere and ends the line, a backslash there is a word; else a
  // line whose last visible character is a backslash goes on in the next one that is neither empty
  // nor a comment.
  void assemble(uint32_t& number) {
    Assembled line;
    bool goes_on = false;
    Span last{};
    for (; number <= index_.line_count(); ++number) {
      auto [begin, end] = index_.line_bounds(number);
      if (end < text_.size() && text_[end] == '\r') ++end;  // a word's last character to libpam
      if (end - begin >= kLine && !is_comment(begin, end))
        file_.errors.add("line-too-long", index_.span(begin, end),
                         "a line of 1023 bytes and more is cut in two by older versions of libpam",
                         Effect::refused);
      else if (end - begin >= kLine)
        file_.errors.add("line-too-long", index_.span(begin, end),
                         "the end of a comment of 1023 bytes and more is a line of its own to "
                         "older versions of libpam",
                         Effect::refused);
      begin = std::min(text_.substr(0, end).find_first_not_of(" \t", begin), end);
      if (begin == end || text_[begin] == '#') continue;
      const size_t hash = text_.substr(0, end).find('#', begin);
      last = index_.span(begin, end);
      if (hash != std::string_view::npos) {
        line.add(text_, begin, hash);
        goes_on = false;
        ++number;
        break;
      }
      size_t stop = end;
      while (stop > begin && kBlank.find(text_[stop - 1]) != std::string_view::npos) --stop;
      goes_on = text_[stop - 1] == '\\';
      line.add(text_, begin, goes_on ? stop - 1 : stop);
      if (goes_on) {
        line.text += ' ';
        line.origin.push_back(stop - 1);
        continue;
      }
      ++number;
      break;
    }
    if (goes_on) {
      file_.is_void = true;
      file_.errors.add("unfinished-line", last,
                       "the file ends behind a backslash, and libpam takes none of it",
                       Effect::refused);
      return;
    }
    if (!line.text.empty()) read(line);
  }

  bool is_comment(size_t begin, size_t end) const {
    const size_t first = text_.substr(0, end).find_first_not_of(" \t", begin);
    return first != std::string_view::npos && text_[first] == '#';
  }

  Span span(const Assembled& line, size_t begin, size_t end) const {
    if (begin >= end) return index_.span(line.origin.back() + 1, line.origin.back() + 1);
    return index_.span(line.origin[begin], line.origin[end - 1] + 1);
  }

  void read(const Assembled& from) {
    const std::string& text = from.text;
    const size_t visible = text.find_last_not_of(kBlank);
    if (visible == std::string::npos) return;
    Line line;
    line.span = span(from, text.find_first_not_of(kBlank), visible + 1);
    if (text.find('\0') != std::string::npos) {
      file_.errors.add("nul-byte", line.span, "a NUL byte in the line", Effect::refused);
      return;
    }
    size_t at = 0;
    if (has_service_) line.service = next_token(text, at)->text;
    const auto first = next_token(text, at);
    if (!first) {
      fail(line, "unknown-type", line.span, "the line ends before the type");
      return;
    }
    std::string_view word = first->text;
    line.is_silent = word.starts_with('-');
    if (line.is_silent) word.remove_prefix(1);
    const Span word_span = span(from, first->begin, first->end);
    if (equal(word, "@include")) {
      line.kind = Kind::include_all;
      line.actions.fill(kBad);
      read_target(from, at, line);
      return;
    }
    for (const Type type : {Type::auth, Type::account, Type::password, Type::session})
      if (equal(word, name(type))) line.type = type;
    const bool is_type = line.type.has_value();
    const auto control = next_token(text, at);
    if (!is_type) {
      fail(line, "unknown-type", word_span,
           "expected auth, account, password or session; libpam lets every login fail here");
      return;
    }
    if (!control) {
      fail(line, "missing-control", line.span, "expected a control behind the type");
      return;
    }
    line.control = text.substr(control->begin, control->end - control->begin);
    line.control_span = span(from, control->begin, control->end);
    if (equal(control->text, "include") || equal(control->text, "substack")) {
      line.kind = equal(control->text, "include") ? Kind::include : Kind::substack;
      line.actions.fill(kBad);
      read_target(from, at, line);
      return;
    }
    const auto actions = parse_control(control->text);
    if (!actions)
      file_.errors.add("bad-control", line.control_span,
                       "the control is malformed, and libpam takes every answer as a failure");
    line.actions.fill(kBad);
    if (actions) line.actions = *actions;
    const auto module = next_token(text, at);
    if (!module) {
      fail(line, "missing-module", line.span, "expected a module behind the control");
      return;
    }
    line.target = module->text;
    line.target_span = span(from, module->begin, module->end);
    while (const auto argument = next_token(text, at))
      line.arguments.push_back({argument->text, span(from, argument->begin, argument->end)});
    file_.lines.push_back(std::move(line));
  }

  void read_target(const Assembled& from, size_t at, Line& line) {
    const auto target = next_token(from.text, at);
    if (!target) {
      fail(line, "missing-module", line.span, "expected the name of a file");
      return;
    }
    line.target = target->text;
    line.target_span = span(from, target->begin, target->end);
    file_.lines.push_back(std::move(line));
  }

  void fail(Line& line, std::string_view code, Span where, std::string message) {
    file_.errors.add(code, where, std::move(message));
    line.kind = Kind::fails;
    line.actions.fill(kBad);
    if (const auto actions = parse_control(line.control)) line.actions = *actions;
    file_.lines.push_back(std::move(line));
  }

  std::string_view text_;
  bool has_service_;
  LineIndex index_;
  File file_;
};

}  // namespace

std::string_view name(Type type) {
  constexpr std::string_view kNames[] = {"auth", "account", "password", "session"};
  return kNames[static_cast<size_t>(type)];
}

std::optional<Control> parse_control(std::string_view text) {
  Control control;
  control.fill(kUndefined);
  const auto at = [&](Answer answer) -> Action& { return control[static_cast<size_t>(answer)]; };
  const auto simple = [&](Action success, Action otherwise) {
    at(Answer::success) = at(Answer::new_authtok_reqd) = success;
    if (otherwise != kIgnore) at(Answer::ignore) = kIgnore;
    set_default(control, otherwise);
    return control;
  };
  // pam.conf(5), "The simple control values", in their long form.
  if (equal(text, "required")) return simple(kOk, kBad);
  if (equal(text, "requisite")) return simple(kOk, kDie);
  if (equal(text, "sufficient")) return simple(kDone, kIgnore);
  if (equal(text, "optional")) return simple(kOk, kIgnore);
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    if (text.ends_with(']')) text.remove_suffix(1);
  }
  if (text.empty() || !parse_pairs(text, control)) return std::nullopt;
  set_default(control, kBad);
  return control;
}

File parse(std::string_view text, bool has_service) {
  return Parser(text, has_service).run();
}

}  // namespace drydock::parsers::pam_conf
